import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { getRequestListener, serve } from "@hono/node-server";
import type { Context, Hono } from "hono";
import { afterEach, describe, expect, onTestFinished, test } from "vitest";
import { isBare, knownBody } from "../src/made-with.ts";
import { putClassesBack } from "./platform-classes.ts";
import { newSite } from "./site.ts";

afterEach(putClassesBack);

const octets = new TextEncoder().encode("octets");
const type = { "Content-Type": "a/b" };

describe("responses of @hono/node-server", () => {
  test.each<[string, () => Response, string | Uint8Array | null | undefined]>([
    ["a text", () => new Response("text", { headers: type }), "text"],
    ["a text that is given a type by default", () => new Response("text"), "text"],
    ["octets", () => new Response(octets, { headers: new Headers(type) }), octets],
    ["nothing", () => new Response(null), null],
    ["a text whose type would be added on its way", () => new Response("text", { headers: { "X-A": "b" } }), undefined],
    ["a stream", () => new Response(new Blob(["text"]).stream(), { headers: type }), undefined],
    ["a text where none may be", () => new Response("text", { status: 204, headers: type }), undefined],
    ["a form", () => new Response(new URLSearchParams("a=b"), { headers: type }), undefined],
  ])("made with %s", (_, make, body) => {
    getRequestListener(() => new Response());
    expect(knownBody(make())).toEqual(body);
  });

  test("are asked themselves once somebody else has asked for more", () => {
    getRequestListener(() => new Response());
    const response = new Response("text");
    expect([isBare(response), knownBody(response)]).toEqual([true, "text"]);
    void response.headers;
    expect([isBare(response), knownBody(response)]).toEqual([false, "text"]);
    void response.body;
    expect([isBare(response), knownBody(response)]).toEqual([false, undefined]);
  });
});

test("others do not tell what they were made with", () => {
  expect([isBare(new Response("text")), knownBody(new Response("text"))]).toEqual([false, undefined]);
});

interface Case {
  readonly handler: (c: Context) => Response;
  /** Whether its body is known; else it must have been asked for. */
  readonly known: boolean;
}

const cases: Record<string, Case> = {
  "a text": { handler: (c) => c.text("ü", 203, { "X-Note": "a" }), known: true },
  "a text without fields": { handler: () => new Response("text"), known: true },
  json: { handler: (c) => c.json({ a: 1 }), known: true },
  "typed octets": { handler: (c) => c.body(octets, 200, type), known: true },
  lines: {
    handler: (c) => {
      c.header("Link", "</a>");
      c.header("Link", "</b>", { append: true });
      return c.html("<p>");
    },
    known: true,
  },
  "a redirection": { handler: (c) => c.redirect("/elsewhere", 301), known: true },
  "octets without fields": { handler: (c) => c.body(octets), known: false },
  "octets without a type": {
    handler: (c) => {
      c.header("X-Note", "a");
      return c.body(octets);
    },
    known: false,
  },
  "a buffer": { handler: (c) => c.body(octets.slice().buffer), known: false },
  "a stream": { handler: (c) => c.body(new Blob(["text"]).stream(), 200, type), known: false },
};

/** Asks a server for a path: the state of the cache, and what it sent. */
async function serving(app: Hono) {
  const server = serve({ fetch: app.fetch, port: 0, hostname: "127.0.0.1" });
  onTestFinished(() => void server.close());
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  return async (path: string) => {
    const response = await fetch(`http://127.0.0.1:${port}/${path}`, { redirect: "manual" });
    const fields = ["content-type", "link", "location", "x-note"].map((name) => response.headers.get(name));
    return { state: response.headers.get("x-cache"), sent: [response.status, ...fields, await response.text()] };
  };
}

test.each(Object.entries(cases))("%s: goes out as it would without a cache", async (_, { handler, known }) => {
  const { app, cached } = newSite();
  let made: Response | undefined;
  const handle = (c: Context) => {
    made = handler(c);
    return made;
  };
  app.get("/plain", handle);
  app.get("/cached", cached, handle);
  const ask = await serving(app);
  const { sent } = await ask("plain");
  expect(await ask("cached")).toEqual({ state: "MISS", sent });
  expect(knownBody(made as Response) !== undefined).toBe(known);
  if (known) expect(await ask("cached")).toEqual({ state: "HIT", sent });
});

test("fields beyond ASCII are not coded anew", async () => {
  const { app, cached } = newSite();
  app.get("/", cached, (c) => c.text("text", 200, { "X-Note": "ÿé" }));
  const ask = await serving(app);
  const sent = [200, "text/plain; charset=UTF-8", null, null, "ÿé", "text"];
  expect([await ask(""), await ask("")]).toEqual([
    { state: "MISS", sent },
    { state: "HIT", sent },
  ]);
});

test("octets that the handler uses again go out as they were, as their tag says", async () => {
  const { app, cached } = newSite();
  app.use(async (_c, next) => {
    await next();
    await new Promise((resolve) => setImmediate(resolve));
  });
  app.get("/", cached, (c) => {
    const scratch = octets.slice();
    setImmediate(() => scratch.fill(0));
    return c.body(scratch, 200, type);
  });
  const ask = await serving(app);
  const sent = [200, "a/b", null, null, null, "octets"];
  expect(await ask("")).toEqual({ state: "MISS", sent });
});

test("a body with a type of its own, which is not known here, is asked before the fields are", async () => {
  const { app, cached } = newSite();
  app.get("/", cached, () => new Response(new Blob(["png"], { type: "image/png" })));
  const ask = await serving(app);
  const sent = [200, "image/png", null, null, null, "png"];
  expect([await ask(""), await ask("")]).toEqual([
    { state: "MISS", sent },
    { state: "HIT", sent },
  ]);
});
