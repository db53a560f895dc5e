import { memoryBackend } from "@cachette/backend-memory";
import { type Cache, createCache } from "@cachette/core";
import type { Context, Env, MiddlewareHandler } from "hono";
import { Hono } from "hono";
import { honoCache } from "../src/index.ts";

export interface Site<E extends Env = Env> {
  readonly app: Hono<E>;
  readonly cache: Cache;
  readonly cached: MiddlewareHandler;
}

/** An application, and a cache on memory with middleware that keeps answers for a minute. */
export function newSite<E extends Env = Env>(): Site<E> {
  const cache = createCache({ backend: memoryBackend({ maxEntries: 100 }) });
  const app = new Hono<E>();
  app.onError((error, c) => c.text(error.message, 500));
  return { app, cache, cached: honoCache(cache)({ ttl: "1m" }) };
}

export interface Replayed {
  readonly first: Response;
  readonly hit: Response;
  readonly text: string;
}

/** That an answer comes back from the cache as it was, without a server. */
export async function replays(handler: (c: Context) => Response | Promise<Response>): Promise<Replayed> {
  const { app, cached } = newSite();
  let runs = 0;
  app.get("/", cached, (c) => {
    runs++;
    return handler(c);
  });
  const first = await app.request("/");
  const text = await first.text();
  const hit = await app.request("/");
  if ((await hit.text()) !== text || hit.status !== first.status || runs !== 1) {
    throw new Error(`not the same: ${first.status} ${text}, ${hit.status} of ${runs} runs`);
  }
  return { first, hit, text };
}
