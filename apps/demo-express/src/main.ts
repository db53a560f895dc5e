import { setTimeout as sleep } from "node:timers/promises";
import { expressCache, purge } from "@cachette/adapter-express";
import { memoryBackend } from "@cachette/backend-memory";
import { redisBackend } from "@cachette/backend-redis";
import { createCache, joinKey, type KeyBuilder } from "@cachette/core";
import type { RequestView } from "@cachette/core/http";
import { bearer, openRedis, readNumber, readSettings, run, timestamp } from "demo-kit";
import express, { type Request } from "express";

const settings = readSettings();
const redis = settings.redis === undefined ? undefined : openRedis(settings.redis);

const cache = createCache({
  backend: redis ? redisBackend(redis) : memoryBackend({ maxBytes: "64mb" }),
  prefix: "demo",
});
// Without scheme and host in the keys, processes that share a Redis share entries whatever port they listen on.
const cached = expressCache(cache, { host: false });
const app = express();

app.get("/", async (_request, response) => {
  const reachable = (await cache.ping()) ? undefined : false;
  response.json({ service: "demo-cache", backend: redis ? "redis" : "memory", framework: "express", reachable });
});

// A cached route.
app.get("/slow", cached({ ttl: "10s", namespace: "v1" }), async (request, response) => {
  const q = readNumber(request.query.q, 1);
  if (q === undefined) return response.status(400).json({ error: "q must be a number" });
  await sleep(settings.slow);
  return response.json({ q, ts: timestamp() });
});

// A cached route whose key says more than the URL. `Vary` tells the same to caches on the way to the client.
const perReader: KeyBuilder<RequestView> = (request, tail) =>
  joinKey(tail(), request.header("accept-language"), request.header("x-user-id"));

app.get("/greeting", cached({ ttl: "60s", key: perReader }), (request, response) => {
  const language = request.get("accept-language") ?? "en";
  const user = request.get("x-user-id") ?? "guest";
  response.vary("Accept-Language, X-User-Id").json({ language, user, ts: timestamp() });
});

// A cached function, called by a route that is not cached itself.
async function makeReport(id: string) {
  await sleep(1000);
  return { id, ts: timestamp() };
}
const getReport = cache.wrap(makeReport, { name: "report", ttl: "60s", tags: (_report, id) => [`report:${id}`] });

app.get("/report/:id", async (request, response) => {
  response.json(await getReport(request.params.id));
});

// Who may purge, and how: a namespace or everything, and a tag.
const authorize = (request: Request) => bearer(request.get("authorization"), settings.purgeToken);

app.delete("/cache/clear", purge(cache, { authorize }));
app.delete("/cache/tags/:tag", purge(cache, { authorize, tag: (request) => String(request.params.tag) }));

app.use((_request, response) => {
  response.status(404).json({ error: "not found" });
});

run(app.listen(settings.port, settings.host), "demo-express", settings, async () => {
  await cache.close();
  redis?.disconnect();
});
