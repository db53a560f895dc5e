import type { AddressInfo } from "node:net";
import { memoryBackend } from "@cachette/backend-memory";
import { createCache } from "@cachette/core";
import { type ServerType, serve } from "@hono/node-server";
import { Hono } from "hono";
import { onTestFinished, test } from "vitest";
import { tell, tellsApart } from "../../testing/test/tell-apart.ts";
import { honoCache } from "../src/index.ts";

test("no two different requests share an answer", { timeout: 60_000 }, async () => {
  await tellsApart(await listen(true), await listen(false));
});

/** An application whose handler tells what it is asked, on a port of its own. */
async function listen(enabled: boolean): Promise<number> {
  const app = new Hono();
  const cache = createCache({ backend: memoryBackend({ maxBytes: "64mb" }), enabled });
  app.all("*", honoCache(cache)({ ttl: "1m", vary: ["x-keyed"] }), (c) => {
    // A URL has an authority; that of the Host field is told beside it.
    const url = c.req.url.replace(/^\w+:\/\/[^/]*/, "");
    const [host, keyed, language] = ["host", "x-keyed", "accept-language"].map((name) => c.req.header(name));
    c.header("Vary", "Accept-Language");
    return c.text(tell({ method: c.req.method, url, host, keyed, language }));
  });
  const server = await new Promise<ServerType>((resolve) => {
    const started = serve({ fetch: app.fetch, port: 0, hostname: "127.0.0.1" }, () => resolve(started));
  });
  onTestFinished(() => {
    server.close();
    if ("closeAllConnections" in server) server.closeAllConnections();
  });
  return (server.address() as AddressInfo).port;
}
