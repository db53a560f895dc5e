import { setTimeout as sleep } from "node:timers/promises";
import { fastifyCache, purge } from "@cachette/adapter-fastify";
import { memoryBackend } from "@cachette/backend-memory";
import { redisBackend } from "@cachette/backend-redis";
import { createCache, joinKey, type KeyBuilder } from "@cachette/core";
import type { RequestView } from "@cachette/core/http";
import { bearer, openRedis, readNumber, readSettings, run, timestamp } from "demo-kit";
import Fastify, { type FastifyRequest } from "fastify";

const settings = readSettings();
const redis = settings.redis === undefined ? undefined : openRedis(settings.redis);

const cache = createCache({
  backend: redis ? redisBackend(redis) : memoryBackend({ maxBytes: "64mb" }),
  prefix: "demo",
});
const app = Fastify();
// Without scheme and host in the keys, processes that share a Redis share entries whatever port they listen on.
await app.register(fastifyCache, { cache, host: false });

app.get("/", async () => {
  const reachable = (await cache.ping()) ? undefined : false;
  return { service: "demo-cache", backend: redis ? "redis" : "memory", framework: "fastify", reachable };
});

// A cached route.
app.get<{ Querystring: { q?: string } }>(
  "/slow",
  { config: { cache: { ttl: "10s", namespace: "v1" } } },
  async (request, reply) => {
    const q = readNumber(request.query.q, 1);
    if (q === undefined) return reply.code(400).send({ error: "q must be a number" });
    await sleep(settings.slow);
    return { q, ts: timestamp() };
  },
);

// A cached route whose key says more than the URL. `Vary` tells the same to caches on the way to the client.
const perReader: KeyBuilder<RequestView> = (request, tail) =>
  joinKey(tail(), request.header("accept-language"), request.header("x-user-id"));

app.get("/greeting", { config: { cache: { ttl: "60s", key: perReader } } }, async (request, reply) => {
  const { "accept-language": language = "en", "x-user-id": user = "guest" } = request.headers;
  reply.header("Vary", "Accept-Language, X-User-Id");
  return { language, user, ts: timestamp() };
});

// A cached function, called by a route that is not cached itself.
async function makeReport(id: string) {
  await sleep(1000);
  return { id, ts: timestamp() };
}
const getReport = cache.wrap(makeReport, { name: "report", ttl: "60s", tags: (_report, id) => [`report:${id}`] });

app.get<{ Params: { id: string } }>("/report/:id", async (request) => getReport(request.params.id));

// Who may purge, and how: a namespace or everything, and a tag.
const authorize = (request: FastifyRequest) => bearer(request.headers.authorization, settings.purgeToken);

type Tagged = { Params: { tag: string } };
app.delete("/cache/clear", purge(cache, { authorize }));
app.delete("/cache/tags/:tag", purge<Tagged>(cache, { authorize, tag: (request) => request.params.tag }));

app.setNotFoundHandler((_request, reply) => reply.code(404).send({ error: "not found" }));

run(app.server, "demo-fastify", settings, async () => {
  await app.close();
  await cache.close();
  redis?.disconnect();
});
await app.listen({ port: settings.port, host: settings.host });
