import { isCachetteError } from "@cachette/core";
import express, { type ErrorRequestHandler } from "express";
import { expect, test } from "vitest";
import { expressCache, purge } from "../src/index.ts";
import { listen, newSite } from "./site.ts";

test("wrong options throw when the route is defined", () => {
  const { cache } = newSite();
  const options = [
    () => expressCache(cache, { ttl: "soon" as "1s" }),
    () => expressCache(cache)({ ttl: -1 }),
    () => expressCache(cache)({ tll: "1s" } as object),
    () => expressCache({} as typeof cache),
    () => purge(cache, {} as { authorize: () => boolean }),
  ];
  for (const make of options) {
    expect(make).toThrow(expect.toSatisfy((error: unknown) => isCachetteError(error, "OPTION_INVALID")));
  }
});

test("the middleware has a name for stacks", () => {
  expect(expressCache(newSite().cache)({ ttl: "1s" }).name).toBe("cachette");
});

test("a route's options go before the defaults", async () => {
  const { app, cache } = newSite();
  const cached = expressCache(cache, { ttl: "1m", namespace: "default", statusHeader: "X-Shop" });
  app.get("/default", cached(), (_request, response) => response.send("x"));
  app.get("/own", cached({ namespace: "own" }), (_request, response) => response.send("x"));
  const ask = await listen(app);
  await ask("/default");
  await ask("/own");
  await cache.clear({ namespace: "own" });
  expect((await ask("/default")).headers["x-shop"]).toBe("HIT");
  expect((await ask("/own")).headers["x-shop"]).toBe("MISS");
});

test("the key is the whole target, wherever the router is mounted", async () => {
  const { app, cache } = newSite();
  const router = express.Router();
  let runs = 0;
  router.get("/x", expressCache(cache)({ ttl: "1m" }), (request, response) =>
    response.send(`${request.baseUrl} ${++runs}`),
  );
  app.use("/a", router);
  app.use("/b", router);
  const ask = await listen(app);
  expect((await ask("/a/x")).body.toString()).toBe("/a 1");
  expect((await ask("/b/x")).body.toString()).toBe("/b 2");
  expect((await ask("/a/x")).body.toString()).toBe("/a 1");
});

test("a target that middleware has rewritten by something else is another key, and the mount point none", async () => {
  const { app, cache } = newSite();
  const cached = expressCache(cache, { ttl: "1m" });
  const router = express.Router();
  app.use((request, _response, next) => {
    const tenant = request.get("x-tenant");
    if (tenant !== undefined) request.url = `/tenants/${tenant}${request.url}`;
    next();
  });
  router.get(["/", "/items"], cached(), (request, response) => response.send(`for ${request.baseUrl}`));
  app.use("/tenants/:tenant/shop", router);
  app.use("/shop", router);
  const ask = await listen(app);
  for (const shown of ["MISS", "HIT"]) {
    for (const path of ["/shop/items", "/shop?q=1", "/shop/"]) {
      for (const tenant of [undefined, "a", "b"]) {
        const { headers, body } = await ask(path, tenant === undefined ? {} : { "x-tenant": tenant });
        expect(headers["x-cache"]).toBe(shown);
        expect(body.toString()).toBe(`for ${tenant === undefined ? "" : `/tenants/${tenant}`}/shop`);
      }
    }
  }
});

test("handlers that pass on to others", async () => {
  const { app, cache } = newSite();
  let runs = 0;
  app.get(
    "/",
    expressCache(cache)({ ttl: "1m" }),
    (_request, response, next) => {
      response.set("X-First", String(++runs));
      next();
    },
    (_request, _response, next) => next("route"),
  );
  app.get("/", (_request, response) => response.send(`run ${runs}`));
  const ask = await listen(app);
  for (const shown of ["MISS", "HIT"]) {
    const { headers, body } = await ask();
    expect(headers).toMatchObject({ "x-cache": shown, "x-first": "1" });
    expect(body.toString()).toBe("run 1");
  }
});

test("the answer of an error handler is an answer like any other", async () => {
  const { app, cache } = newSite();
  let runs = 0;
  const cached = expressCache(cache, { ttl: "1m", statuses: { 404: "1m" } });
  app.get("/:status", cached(), (request, _response, next) => {
    runs++;
    next(Object.assign(new Error("as the test wants it"), { status: Number(request.params.status) }));
  });
  const handle: ErrorRequestHandler = (error, _request, response, _next) => {
    response.status(error.status).json({ error: error.message, runs });
  };
  app.use(handle);
  const ask = await listen(app);
  expect((await ask("/500")).body.toString()).toBe('{"error":"as the test wants it","runs":1}');
  expect((await ask("/500")).body.toString()).toBe('{"error":"as the test wants it","runs":2}');
  expect((await ask("/404")).status).toBe(404);
  const hit = await ask("/404");
  expect(hit.headers["x-cache"]).toBe("HIT");
  expect(hit.body.toString()).toBe('{"error":"as the test wants it","runs":3}');
});

test("an answer that never comes frees the key when its time is over", async () => {
  const { app, cache } = newSite();
  let runs = 0;
  app.get("/", expressCache(cache)({ ttl: "1m" }), (_request, response) => {
    if (++runs === 1) response.setTimeout(50);
    else response.send(`run ${runs}`);
  });
  const ask = await listen(app);
  await expect(ask()).rejects.toThrow("socket hang up");
  expect((await ask()).body.toString()).toBe("run 2");
});

test("a tag is purged by its name in the path", async () => {
  const { app, cache } = newSite();
  let runs = 0;
  app.get("/page/:id", expressCache(cache)({ ttl: "1m", tags: ({ url }) => [url.slice(6)] }), (_request, response) =>
    response.send(`run ${++runs}`),
  );
  app.get("/purge/:tag", purge<{ tag: string }>(cache, { authorize: () => true, tag: ({ params }) => params.tag }));
  const ask = await listen(app);
  await ask("/page/1");
  await ask("/page/2");
  const { status, body } = await ask("/purge/1");
  expect([status, body.toString()]).toEqual([200, '{"cleared":true,"tag":"1"}']);
  expect((await ask("/page/1")).headers["x-cache"]).toBe("MISS");
  expect((await ask("/page/2")).headers["x-cache"]).toBe("HIT");
});

test("what authorize throws is Express's to handle", async () => {
  const { app, cache } = newSite();
  app.get("/", purge(cache, { authorize: () => Promise.reject(Object.assign(new Error("no"), { status: 418 })) }));
  expect((await (await listen(app))()).status).toBe(418);
});

test("an answer that somebody else gives while the request waits is left alone", async () => {
  const { app, cache } = newSite();
  app.use((request, response, next) => {
    if (request.get("x-hurry") !== undefined) {
      setTimeout(() => response.status(503).write("too "), 30);
      setTimeout(() => response.end("late"), 150);
    }
    next();
  });
  app.get("/", expressCache(cache)({ ttl: "1m" }), async (_request, response) => {
    await new Promise((resolve) => setTimeout(resolve, 90));
    response.send("in time");
  });
  const errors: unknown[] = [];
  const note: ErrorRequestHandler = (error, _request, _response, next) => {
    errors.push(error);
    next(error);
  };
  app.use(note);
  const ask = await listen(app);
  const first = ask();
  await expect.poll(() => cache.counters().misses).toBe(1);
  expect((await ask("/", { "x-hurry": "yes" })).body.toString()).toBe("too late");
  expect((await first).body.toString()).toBe("in time");
  expect((await ask()).headers["x-cache"]).toBe("HIT");
  expect(cache.counters()).toMatchObject({ misses: 1, shared: 1 });
  expect(errors).toEqual([]);
});
