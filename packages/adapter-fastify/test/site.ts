import { memoryBackend } from "@cachette/backend-memory";
import { type Cache, createCache } from "@cachette/core";
import Fastify, { type FastifyInstance } from "fastify";
import { onTestFinished } from "vitest";
import { fastifyCache } from "../src/index.ts";

/** An application with a cache on memory, until the end of the test. */
export async function newSite(): Promise<{ app: FastifyInstance; cache: Cache }> {
  const app = Fastify({ forceCloseConnections: true });
  onTestFinished(() => app.close());
  const cache = createCache({ backend: memoryBackend({ maxEntries: 100 }) });
  await app.register(fastifyCache, { cache, ttl: "1m" });
  return { app, cache };
}

/** The application at an address of its own. */
export function listen(app: FastifyInstance): Promise<string> {
  return app.listen({ port: 0, host: "127.0.0.1" });
}
