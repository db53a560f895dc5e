import { describe, expect, test } from "vitest";
import { memoryBackend } from "../../backend-memory/src/index.ts";
import { createHttpCache, type RouteOptions } from "../src/http/index.ts";
import { type Cache, createCache } from "../src/index.ts";
import { request } from "./http-request.ts";

const cache = createCache({ backend: memoryBackend({ maxEntries: 10 }) });

describe("options of a route are checked when it is made", () => {
  test.each<[string, string, unknown]>([
    ["options", "options of a route", null],
    ["a misspelt name", "tll", { tll: "1m" }],
    ["ttl as a word", "ttl", { ttl: "soon" }],
    ["ttl below 0", "ttl", { ttl: -1 }],
    ["ttl of null", "ttl", { ttl: null }],
    ["namespace", "namespace", { namespace: "" }],
    ["namespace as a number", "namespace", { namespace: 1 }],
    ["tags as a text", "tags", { tags: "a" }],
    ["an empty tag", "tags", { tags: [""] }],
    ["tags of null", "tags", { tags: null }],
    ["key as a text", "key", { key: "a" }],
    ["host", "host", { host: "no" }],
    ["vary as a text", "vary", { vary: "accept" }],
    ["vary with a line break", "vary", { vary: ["a\r\nb"] }],
    ["vary on everything", "vary", { vary: ["accept", "*"] }],
    ["cookies as a word", "cookies", { cookies: "all" }],
    ["cookies with a blank", "cookies", { cookies: ["a b"] }],
    ["statuses with a name", "statuses", { statuses: { ok: "1s" } }],
    ["status 100", "statuses", { statuses: { 100: "1s" } }],
    ["status 206", "statuses", { statuses: { 206: "1s" } }],
    ["status 304", "statuses", { statuses: { 304: "1s" } }],
    ["status 600", "statuses", { statuses: { 600: "1s" } }],
    ["status 404.5", "statuses", { statuses: { "404.5": "1s" } }],
    ["a status' time", "statuses.404", { statuses: { 404: "soon" } }],
    ["override", "override", { override: "yes" }],
    ["clientDirectives", "clientDirectives", { clientDirectives: false }],
    ["maxBodyBytes", "maxBodyBytes", { maxBodyBytes: "1tb" }],
    ["maxBodyBytes without end", "maxBodyBytes", { maxBodyBytes: Number.POSITIVE_INFINITY }],
    ["statusHeader", "statusHeader", { statusHeader: "a b" }],
    ["statusHeader of true", "statusHeader", { statusHeader: true }],
    ["enabled", "enabled", { enabled: 1 }],
  ])("%s", (_, option, options) => {
    expect(() => createHttpCache(cache, options as RouteOptions)).toThrow(
      expect.objectContaining({ code: "OPTION_INVALID", option }),
    );
  });

  test("so is the cache", () => {
    for (const wrong of [undefined, null, {}, cache.namespace("a")]) {
      expect(() => createHttpCache(wrong as unknown as Cache)).toThrow(
        expect.objectContaining({ code: "OPTION_INVALID", option: "cache" }),
      );
    }
  });

  test("all of them together, and none", () => {
    createHttpCache(cache);
    createHttpCache(cache, {
      ttl: 0,
      namespace: "a:b",
      tags: [],
      key: (_, tail) => tail(),
      host: false,
      vary: ["Accept", "accept"],
      cookies: [],
      statuses: { 404: "5s", 500: 0, 599: Number.POSITIVE_INFINITY },
      override: true,
      clientDirectives: "ignore",
      maxBodyBytes: 0,
      statusHeader: false,
      enabled: true,
    });
  });

  test("a list that is changed afterwards changes nothing", async () => {
    const vary = ["a"];
    const cookies = ["c"];
    const http = createHttpCache(cache, { ttl: "1m", vary, cookies });
    vary.push("b");
    cookies.push("d");
    const ticket = await http.begin(request("/lists", { headers: { cookie: "c=1; d=1", b: "1" } }));
    if (ticket.state !== "miss") throw new Error("a miss was expected");
    ticket.commit({ status: 200, fields: [] }, new Uint8Array(0));
    const other = await http.begin(request("/lists", { headers: { cookie: "c=1; d=2", b: "2" } }));
    expect(other.state).toBe("hit");
  });
});
