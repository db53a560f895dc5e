import type { AddressInfo } from "node:net";
import { memoryBackend } from "@cachette/backend-memory";
import { createCache } from "@cachette/core";
import Fastify from "fastify";
import { onTestFinished, test } from "vitest";
import { tell, tellsApart } from "../../testing/test/tell-apart.ts";
import { fastifyCache } from "../src/index.ts";

test("no two different requests share an answer", { timeout: 60_000 }, async () => {
  await tellsApart(await listen(true), await listen(false));
});

/** An application whose handler tells what it is asked, on a port of its own. */
async function listen(enabled: boolean): Promise<number> {
  const app = Fastify({ forceCloseConnections: true });
  onTestFinished(() => app.close());
  const cache = createCache({ backend: memoryBackend({ maxBytes: "64mb" }), enabled });
  await app.register(fastifyCache, { cache, ttl: "1m", vary: ["x-keyed"] });
  app.all("/*", { config: { cache: {} } }, ({ method, url, headers }, reply) => {
    const [host, keyed, language] = ["host", "x-keyed", "accept-language"].map((name) => headers[name]?.toString());
    reply.header("Vary", "Accept-Language").send(tell({ method, url, host, keyed, language }));
  });
  await app.listen({ port: 0, host: "127.0.0.1" });
  return (app.server.address() as AddressInfo).port;
}
