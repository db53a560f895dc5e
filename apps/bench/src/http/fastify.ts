import type { Server } from "node:http";
import { fastifyCache } from "@cachette/adapter-fastify";
import { redisBackend } from "@cachette/backend-redis";
import { type Cache, createCache } from "@cachette/core";
import Fastify, { type FastifyInstance } from "fastify";
import { Redis } from "ioredis";
import { makeBody, type Size } from "./body.ts";
import { memoryCache } from "./memory-cache.ts";
import { type Prepared, prepare } from "./recorded.ts";
import type { ServerOrder } from "./subject.ts";

const path = "/:size/:key";

type Route = { Params: { size: Size; key: string } };

export async function fastifyServer({ kind, recorded, redis }: ServerOrder): Promise<Server> {
  const app = Fastify();
  if (kind === "floor") floor(app, prepare(recorded));
  else if (kind === "floor past the hooks") floorPastHooks(app, prepare(recorded));
  else if (redis !== undefined) await onRedis(app, kind, new Redis(redis, { enableAutoPipelining: true }));
  else await handler(app, kind === "cachette" ? memoryCache() : undefined);
  await app.ready();
  return app.server;
}

async function handler(app: FastifyInstance, cache: Cache | undefined): Promise<void> {
  if (cache !== undefined) await app.register(fastifyCache, { cache });
  const config = cache === undefined ? {} : { cache: { ttl: "1h" as const } };
  app.get<Route>(path, { config }, async ({ params }) => makeBody(params.size, params.key));
}

async function onRedis(app: FastifyInstance, kind: string, client: Redis): Promise<void> {
  if (kind === "cachette") await handler(app, createCache({ backend: redisBackend(client), prefix: "bench-server" }));
  else byHand(app, client);
}

/** What many write in place of a cache: neither purges nor tags, nothing for clients and proxies to go by. */
function byHand(app: FastifyInstance, client: Redis): void {
  app.get<Route>(path, async ({ url, params }, reply) => {
    const key = `bench-by-hand:${url}`;
    reply.type("application/json; charset=utf-8");
    const stored = await client.get(key);
    if (stored !== null) return stored;
    const text = JSON.stringify(makeBody(params.size, params.key));
    await client.set(key, text, "EX", 3_600);
    return text;
  });
}

function floor(app: FastifyInstance, answers: ReadonlyMap<string, Prepared>): void {
  app.get(path, (request, reply) => {
    const answer = answers.get(request.url);
    if (answer === undefined) reply.code(404).send();
    else if (request.headers["if-none-match"] === answer.etag) {
      reply.code(304).headers(answer.notModified.record).send();
    } else reply.code(200).headers(answer.full.record).send(answer.bytes);
  });
}

/** The answer goes to Node's own response: what other plugins want to do when it is sent is not done. */
function floorPastHooks(app: FastifyInstance, answers: ReadonlyMap<string, Prepared>): void {
  app.get(path, (request, reply) => {
    reply.hijack();
    const answer = answers.get(request.url);
    if (answer === undefined) reply.raw.writeHead(404).end();
    else if (request.headers["if-none-match"] === answer.etag) {
      reply.raw.writeHead(304, answer.notModified.flat).end();
    } else reply.raw.writeHead(200, answer.full.flat).end(answer.bytes);
  });
}
