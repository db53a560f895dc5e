import { createServer, type Server } from "node:http";
import { createRequire } from "node:module";
import express, { type RequestHandler } from "express";
import { makeBody, type Size } from "./body.ts";
import { type Prepared, prepare } from "./recorded.ts";
import type { ServerOrder } from "./subject.ts";

const handler: RequestHandler = (request, response) => {
  const { size, key } = request.params as { size: Size; key: string };
  response.json(makeBody(size, key));
};

/** What stands before the handler; loaded where it is measured, and nowhere else. */
const caches: Readonly<Record<string, () => Promise<RequestHandler[]>>> = {
  handler: async () => [],

  async cachette() {
    const { expressCache } = await import("@cachette/adapter-express");
    const { memoryCache } = await import("./memory-cache.ts");
    return [expressCache(memoryCache())({ ttl: "1h" })];
  },

  async apicache() {
    const { default: apicache } = await import("apicache");
    return [apicache.middleware("1 hour")];
  },

  async "route-cache"() {
    const { default: routeCache } = await import("route-cache");
    return [routeCache.cacheSeconds(3_600)];
  },

  async "http-cache-middleware"() {
    const { default: httpCacheMiddleware } = await import("http-cache-middleware");
    // Its own store keeps 1,000 things for 30 seconds, and an answer takes two.
    const stores = createRequire(createRequire(import.meta.url).resolve("http-cache-middleware"))("cache-manager");
    const middleware = httpCacheMiddleware({ stores: [stores.caching({ store: "memory", max: 10_000, ttl: 3_600 })] });
    const allow: RequestHandler = (_request, response, next) => {
      response.setHeader("x-cache-timeout", "1 hour");
      next();
    };
    return [middleware, allow];
  },
};

export async function expressServer({ kind, recorded }: ServerOrder): Promise<Server> {
  const app = express();
  app.disable("x-powered-by");
  const before = await caches[kind]?.();
  app.get("/:size/:key", ...(before ? [...before, handler] : [floor(prepare(recorded))]));
  return createServer(app);
}

function floor(answers: ReadonlyMap<string, Prepared>): RequestHandler {
  return (request, response) => {
    const answer = answers.get(request.url);
    if (answer === undefined) response.writeHead(404).end();
    else if (request.headers["if-none-match"] === answer.etag) response.writeHead(304, answer.notModified.flat).end();
    else response.writeHead(200, answer.full.flat).end(answer.bytes);
  };
}
