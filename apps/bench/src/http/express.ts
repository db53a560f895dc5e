import { createServer, type Server } from "node:http";
import { createRequire } from "node:module";
import { expressCache } from "@cachette/adapter-express";
import apicache from "apicache";
import express, { type RequestHandler } from "express";
import httpCacheMiddleware from "http-cache-middleware";
import routeCache from "route-cache";
import { makeBody, type Size } from "./body.ts";
import { memoryCache } from "./memory-cache.ts";
import { type Prepared, prepare } from "./recorded.ts";
import type { ServerOrder } from "./subject.ts";

const handler: RequestHandler = (request, response) => {
  const { size, key } = request.params as { size: Size; key: string };
  response.json(makeBody(size, key));
};

/** What stands before the handler. */
const caches: Readonly<Record<string, () => RequestHandler[]>> = {
  handler: () => [],
  cachette: () => [expressCache(memoryCache())({ ttl: "1h" })],
  apicache: () => [apicache.middleware("1 hour")],
  "route-cache": () => [routeCache.cacheSeconds(3_600)],
  "http-cache-middleware"() {
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

export function expressServer({ kind, recorded }: ServerOrder): Server {
  const app = express();
  app.disable("x-powered-by");
  const before = caches[kind]?.();
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
