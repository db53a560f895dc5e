import { honoCache, purge } from "@cachette/adapter-hono";
import { memoryBackend } from "@cachette/backend-memory";
import { createCache } from "@cachette/core";
import { Hono } from "hono";

const cache = createCache({ backend: memoryBackend({ maxBytes: "64mb" }), prefix: "shop", ttl: "1m" });
const app = new Hono();
const cached = honoCache(cache, { app });
let calls = 0;

app.get("/x", cached({ ttl: "10s", namespace: "v1" }), (c) => {
  calls += 1;
  return c.json({ q: c.req.query("q"), calls });
});
let refreshed = 0;
app.get("/stale", cached({ ttl: "50ms", staleWhileRevalidate: "1h" }), (c) => c.json({ run: ++refreshed }));
app.delete("/cache", purge(cache, { authorize: (c) => c.req.header("authorization") === "Bearer secret" }));

export default app;
