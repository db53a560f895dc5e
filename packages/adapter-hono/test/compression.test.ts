import type { AddressInfo } from "node:net";
import { type ServerType, serve } from "@hono/node-server";
import { compress } from "hono/compress";
import { describe, test } from "vitest";
import { compressionHolds, places, ways, words } from "../../testing/test/compression.ts";
import { newSite } from "./site.ts";

describe.each(places)("hono/compress %s the cached route", (place) => {
  test.each(ways)("answers %s", async (way) => {
    await compressionHolds(place, () => {
      const { app, cached } = newSite();
      if (place === "outside") app.use(compress());
      app.get("/", cached);
      if (place === "inside") app.use(compress());
      app.get("/", (c) => {
        c.header("Content-Type", "text/plain; charset=utf-8");
        return way === "at once" ? c.body(words) : c.body(inPieces());
      });
      return listen(app.fetch);
    });
  });
});

function inPieces(): ReadableStream<Uint8Array> {
  const bytes = new TextEncoder().encode(words);
  const pieces = [bytes.slice(0, 1000), bytes.slice(1000, 2000), bytes.slice(2000)];
  return new ReadableStream({
    async pull(controller) {
      await new Promise((resolve) => setTimeout(resolve, 1));
      const piece = pieces.shift();
      if (piece === undefined) controller.close();
      else controller.enqueue(piece);
    },
  });
}

async function listen(fetch: (request: Request) => Response | Promise<Response>) {
  const server = await new Promise<ServerType>((resolve) => {
    const started = serve({ fetch, port: 0, hostname: "127.0.0.1" }, () => resolve(started));
  });
  return {
    port: (server.address() as AddressInfo).port,
    stop: () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve());
        if ("closeAllConnections" in server) server.closeAllConnections();
      }),
  };
}
