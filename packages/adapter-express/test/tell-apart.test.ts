import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { memoryBackend } from "@cachette/backend-memory";
import { createCache } from "@cachette/core";
import express from "express";
import { onTestFinished, test } from "vitest";
import { tell, tellsApart } from "../../testing/test/tell-apart.ts";
import { expressCache } from "../src/index.ts";

test("no two different requests share an answer", { timeout: 60_000 }, async () => {
  await tellsApart(await listen(true), await listen(false));
});

/** An application whose handler tells what it is asked, on a port of its own. */
async function listen(enabled: boolean): Promise<number> {
  const app = express();
  app.set("env", "test").disable("etag");
  const cache = createCache({ backend: memoryBackend({ maxBytes: "64mb" }), enabled });
  app.use(expressCache(cache)({ ttl: "1m", vary: ["x-keyed"] }), (request, response) => {
    const { method, originalUrl: url } = request;
    const [host, keyed, language] = ["host", "x-keyed", "accept-language"].map((name) => request.get(name));
    response.vary("Accept-Language").send(tell({ method, url, host, keyed, language }));
  });
  const server = app.listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(() => {
    server.close();
    server.closeAllConnections();
  });
  return (server.address() as AddressInfo).port;
}
