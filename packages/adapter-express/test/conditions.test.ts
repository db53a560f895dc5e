import type { IncomingHttpHeaders } from "node:http";
import type { Request } from "express";
import { expect, test } from "vitest";
import { expressCache } from "../src/index.ts";
import { listen, newSite } from "./site.ts";

const conditions = { "if-none-match": '"a"', range: "bytes=0-0", "If-Modified-Since": "Thu, 01 Jan 2026 00:00:00 GMT" };

function seen(request: Request): object {
  return {
    get: request.get("If-None-Match"),
    headers: request.headers.range,
    distinct: request.headersDistinct["if-modified-since"],
    raw: request.rawHeaders.filter((text) => /^(if-|range)/i.test(text)),
    rest: [request.get("x-note"), request.headersDistinct["x-note"], request.rawHeaders.includes("X-Note")],
    fresh: request.fresh,
    ranges: request.range(100),
  };
}

const nothing = { raw: [], rest: ["a", ["a"], true], fresh: false };

test("handlers see no conditions by any door; those before and after see them all", async () => {
  const { app, cache } = newSite();
  const views: Record<string, object> = {};
  let held: IncomingHttpHeaders | undefined;
  app.use((request, response, next) => {
    held = request.headers;
    views.before = seen(request);
    response.once("finish", () => {
      views.after = seen(request);
    });
    next();
  });
  app.get("/", expressCache(cache)({ ttl: "1m" }), async (request, response) => {
    views.handler = JSON.parse(JSON.stringify(seen(request)));
    await Promise.resolve();
    views.later = JSON.parse(JSON.stringify(seen(request)));
    expect(held?.range).toBe("bytes=0-0");
    response.send("x");
  });
  const ask = await listen(app);
  await ask("/", { ...conditions, "X-Note": "a" });
  expect(views.handler).toEqual(nothing);
  expect(views.later).toEqual(nothing);
  expect(views.before).toMatchObject({
    get: '"a"',
    headers: "bytes=0-0",
    raw: ["if-none-match", "range", "If-Modified-Since"],
  });
  expect(views.after).toEqual(views.before);
});

test("a streaming handler sees none either, until its answer ends", async () => {
  const { app, cache } = newSite();
  let later: string | undefined = "not asked";
  app.get("/", expressCache(cache)({ ttl: "1m" }), async (request, response) => {
    response.write("a");
    await new Promise((resolve) => setTimeout(resolve, 5));
    later = request.get("range");
    response.end("b");
  });
  const ask = await listen(app);
  await ask("/", conditions);
  expect(later).toBeUndefined();
});

test("Express's own ETag and freshness do not stand in the way", async () => {
  const { app, cache } = newSite();
  app.enable("etag");
  app.get("/", expressCache(cache)({ ttl: "1m" }), (_request, response) => response.send("x"));
  const ask = await listen(app);
  const { etag } = (await ask()).headers;
  await cache.clear();
  const first = await ask("/", { "if-none-match": String(etag) });
  expect([first.status, first.headers["x-cache"]]).toEqual([304, "MISS"]);
  const second = await ask("/", { "if-none-match": String(etag) });
  expect([second.status, second.headers["x-cache"]]).toEqual([304, "HIT"]);
  expect((await ask()).body.toString()).toBe("x");
});
