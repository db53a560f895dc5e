import { expressCache, purge } from "@cachette/adapter-express";
import { memoryBackend } from "@cachette/backend-memory";
import { createCache } from "@cachette/core";
import express from "express";

const cache = createCache({ backend: memoryBackend({ maxBytes: "64mb" }), prefix: "shop", ttl: "1m" });
const cached = expressCache(cache);
const app = express();
let calls = 0;

app.get("/x", cached({ ttl: "10s", namespace: "v1" }), (request, response) => {
  calls += 1;
  response.json({ q: request.query.q, calls });
});
let refreshed = 0;
app.get("/stale", cached({ ttl: "50ms", staleWhileRevalidate: "1h" }), (_request, response) => {
  response.json({ run: ++refreshed });
});
app.delete("/cache", purge(cache, { authorize: (request) => request.headers.authorization === "Bearer secret" }));

const server = app.listen(0, "127.0.0.1", () => {
  const address = server.address();
  console.log(`port ${typeof address === "object" ? address?.port : address}`);
});
