import { setTimeout as sleep } from "node:timers/promises";
import { honoCache, purge } from "@cachette/adapter-hono";
import { memoryBackend } from "@cachette/backend-memory";
import { redisBackend } from "@cachette/backend-redis";
import { createCache, joinKey, type KeyBuilder } from "@cachette/core";
import type { RequestView } from "@cachette/core/http";
import { serve } from "@hono/node-server";
import { bearer, openRedis, readNumber, readSettings, run, timestamp } from "demo-kit";
import { type Context, Hono } from "hono";

const settings = readSettings();
const redis = settings.redis === undefined ? undefined : openRedis(settings.redis);

const cache = createCache({
  backend: redis ? redisBackend(redis) : memoryBackend({ maxBytes: "64mb" }),
  prefix: "demo",
});
// Without scheme and host in the keys, processes that share a Redis share entries whatever port they listen on.
const cached = honoCache(cache, { host: false });
const app = new Hono();

app.get("/", async (c) => {
  const reachable = (await cache.ping()) ? undefined : false;
  return c.json({ service: "demo-cache", backend: redis ? "redis" : "memory", framework: "hono", reachable });
});

// A cached route.
app.get("/slow", cached({ ttl: "10s", namespace: "v1" }), async (c) => {
  const q = readNumber(c.req.queries("q"), 1);
  if (q === undefined) return c.json({ error: "q must be a number" }, 400);
  await sleep(settings.slow);
  return c.json({ q, ts: timestamp() });
});

// A cached route whose key says more than the URL. `Vary` tells the same to caches on the way to the client.
const perReader: KeyBuilder<RequestView> = (request, tail) =>
  joinKey(tail(), request.header("accept-language"), request.header("x-user-id"));

app.get("/greeting", cached({ ttl: "60s", key: perReader }), (c) => {
  const language = c.req.header("accept-language") ?? "en";
  const user = c.req.header("x-user-id") ?? "guest";
  return c.json({ language, user, ts: timestamp() }, 200, { Vary: "Accept-Language, X-User-Id" });
});

// A cached function, called by a route that is not cached itself.
async function makeReport(id: string) {
  await sleep(1000);
  return { id, ts: timestamp() };
}
const getReport = cache.wrap(makeReport, { name: "report", ttl: "60s", tags: (_report, id) => [`report:${id}`] });

app.get("/report/:id", async (c) => c.json(await getReport(c.req.param("id"))));

// Who may purge, and how: a namespace or everything, and a tag.
const authorize = (c: Context) => bearer(c.req.header("authorization"), settings.purgeToken);

app.delete("/cache/clear", purge(cache, { authorize }));
app.delete("/cache/tags/:tag", purge(cache, { authorize, tag: (c) => c.req.param("tag") ?? "" }));

app.notFound((c) => c.json({ error: "not found" }, 404));

const server = serve({ fetch: app.fetch, port: settings.port, hostname: settings.host });
run(server, "demo-hono", settings, async () => {
  await cache.close();
  redis?.disconnect();
});
