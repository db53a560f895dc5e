import { once } from "node:events";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { Readable } from "node:stream";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { expressCache } from "@cachette/adapter-express";
import { fastifyCache } from "@cachette/adapter-fastify";
import { honoCache } from "@cachette/adapter-hono";
import { getRequestListener } from "@hono/node-server";
import express from "express";
import Fastify from "fastify";
import { Hono } from "hono";
import { expect, test } from "vitest";
import { memoryCache } from "../src/http/memory-cache.ts";

/** Objects that were met by one request, by name. */
type Met = Record<string, object>;

/** Takes what a request has met, once it is over. */
type Take = (met: Met) => void;

// Code that meets an object in V8's slow form, such as Node's own, is slower from then on for all others as well.
setFlagsFromString("--allow-natives-syntax");
const isFast: (object: object) => boolean = runInNewContext("(object) => %HasFastProperties(object)");

const sites: Record<string, (take: Take) => Server | Promise<Server>> = {
  express(take) {
    const app = express();
    app.use((request, response, next) => {
      response.once("close", () => take(nodes(request, response)));
      next();
    });
    const cached = expressCache(memoryCache())({ ttl: "1h" });
    app.get("/", cached, (_request, response) => void response.status(203).json({}));
    app.get("/node", cached, (_request, response) => void response.writeHead(203, { "Content-Type": "a/b" }).end("x"));
    app.get("/pieces", cached, (_request, response) => {
      response.write("x");
      response.end("y");
    });
    return createServer(app);
  },
  async fastify(take) {
    const app = Fastify();
    await app.register(fastifyCache, { cache: memoryCache() });
    app.addHook("onResponse", async (request, reply) => take({ ...nodes(request.raw, reply.raw), request, reply }));
    const config = { cache: { ttl: "1h" as const } };
    for (const path of ["/", "/node"]) app.get(path, { config }, async () => ({}));
    app.get("/pieces", { config }, async (_request, reply) => reply.send(Readable.from(["x", "y"])));
    await app.ready();
    return app.server;
  },
  hono(take) {
    const app = new Hono<{ Bindings: { incoming: IncomingMessage; outgoing: ServerResponse } }>();
    app.use(async (c, next) => {
      await next();
      c.env.outgoing.once("close", () => take({ ...nodes(c.env.incoming, c.env.outgoing), c, raw: c.req.raw }));
    });
    app.use(honoCache(memoryCache(), { app })({ ttl: "1h" }));
    for (const path of ["/", "/node"]) app.get(path, (c) => c.json({}));
    app.get("/pieces", (c) => c.newResponse(new Response("x").body));
    return createServer(getRequestListener(app.fetch, { overrideGlobalObjects: false }));
  },
};

test.each(Object.keys(sites))("%s: a miss leaves what it has met in the form that it came in", async (framework) => {
  let over: Take = () => {};
  const server = await sites[framework]?.((met) => over(met));
  if (server === undefined) throw new Error("There is no such site.");
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  try {
    for (const path of ["/", "/node", "/pieces"]) {
      for (const shown of ["MISS", "HIT"]) {
        const met = new Promise<Met>((resolve) => {
          over = resolve;
        });
        const answer = await fetch(`http://127.0.0.1:${port}${path}`);
        await answer.arrayBuffer();
        expect(answer.headers.get("x-cache"), path).toBe(shown);
        const slow = Object.entries(await met).filter(([, object]) => !isFast(object));
        expect(
          slow.map(([name]) => name),
          `${shown} of ${path}`,
        ).toEqual([]);
      }
    }
  } finally {
    server.close();
    server.closeAllConnections();
  }
});

function nodes(incoming: IncomingMessage, outgoing: ServerResponse): Met {
  return { incoming, outgoing, socket: incoming.socket };
}
