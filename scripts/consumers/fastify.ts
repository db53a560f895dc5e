import { fastifyCache, purge } from "@cachette/adapter-fastify";
import { memoryBackend } from "@cachette/backend-memory";
import { createCache } from "@cachette/core";
import Fastify from "fastify";

const cache = createCache({ backend: memoryBackend({ maxBytes: "64mb" }), prefix: "shop", ttl: "1m" });
const app = Fastify();
let calls = 0;

async function main(): Promise<void> {
  await app.register(fastifyCache, { cache });
  app.get("/x", { config: { cache: { ttl: "10s", namespace: "v1" } } }, async (request) => {
    calls += 1;
    return { ...(request.query as object), calls };
  });
  let refreshed = 0;
  app.get("/stale", { config: { cache: { ttl: "50ms", staleWhileRevalidate: "1h" } } }, async () => ({
    run: ++refreshed,
  }));
  app.delete("/cache", purge(cache, { authorize: (request) => request.headers.authorization === "Bearer secret" }));
  const url = await app.listen({ port: 0, host: "127.0.0.1" });
  console.log(`port ${new URL(url).port}`);
}

main();
