import type { AddressInfo } from "node:net";
import { Readable } from "node:stream";
import { memoryBackend } from "@cachette/backend-memory";
import { createCache } from "@cachette/core";
import compress from "@fastify/compress";
import Fastify from "fastify";
import { describe, test } from "vitest";
import { compressionHolds, places, ways, words } from "../../testing/test/compression.ts";
import { fastifyCache } from "../src/index.ts";

// Hooks run in the order of registration: what is registered later sees what is sent later, and stands outside.
describe.each(places)("@fastify/compress %s the cached route", (place) => {
  test.each(ways)("answers %s", async (way) => {
    const start = async () => {
      const app = Fastify({ forceCloseConnections: true });
      const cache = createCache({ backend: memoryBackend({ maxEntries: 100 }) });
      if (place === "inside") await app.register(compress);
      await app.register(fastifyCache, { cache, ttl: "1m" });
      if (place === "outside") await app.register(compress);
      app.get("/", { config: { cache: {} } }, (_request, reply) => {
        reply.type("text/plain; charset=utf-8");
        return reply.send(way === "at once" ? words : Readable.from(inPieces(), { objectMode: false }));
      });
      await app.listen({ port: 0, host: "127.0.0.1" });
      return { port: (app.server.address() as AddressInfo).port, stop: () => app.close() };
    };
    await compressionHolds(place, start, "if coded");
  });
});

async function* inPieces(): AsyncGenerator<Buffer> {
  for (const piece of [words.slice(0, 1000), words.slice(1000, 2000), words.slice(2000)]) {
    yield Buffer.from(piece);
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
}
