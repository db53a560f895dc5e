import { createServer, type Server } from "node:http";
import { expressCache } from "@cachette/adapter-express";
import { fastifyCache } from "@cachette/adapter-fastify";
import { honoCache } from "@cachette/adapter-hono";
import type { Cache } from "@cachette/core";
import { createAdaptorServer } from "@hono/node-server";
import express, { type RequestHandler } from "express";
import Fastify from "fastify";
import { type Context, Hono } from "hono";
import type { Framework } from "../http/subject.ts";

/**
 * Makes a server whose handler answers what `answer` gives for the path. With a cache in front if there is one, but not of
 * what is under `/plain`.
 */
type Maker = (answer: (path: string) => Promise<object>, cache: Cache | undefined) => Server | Promise<Server>;

const ttl = "1h";

export const waitingServers: Readonly<Record<Framework, Maker>> = {
  express(answer, cache) {
    const app = express();
    const handler: RequestHandler = async (request, response) => {
      response.json(await answer(request.path));
    };
    app.get("/plain/*path", handler);
    if (cache !== undefined) app.use(expressCache(cache)({ ttl }));
    app.use(handler);
    return createServer(app);
  },
  async fastify(answer, cache) {
    const app = Fastify();
    if (cache !== undefined) await app.register(fastifyCache, { cache });
    app.get("/plain/*", (request) => answer(request.url));
    app.get("/*", { config: { cache: cache !== undefined && { ttl } } }, (request) => answer(request.url));
    await app.ready();
    return app.server;
  },
  hono(answer, cache) {
    const app = new Hono();
    const handler = async (c: Context) => c.json(await answer(c.req.path));
    app.get("/plain/*", handler);
    if (cache !== undefined) app.use(honoCache(cache, { app })({ ttl }));
    app.get("/*", handler);
    return createAdaptorServer({ fetch: app.fetch }) as Server;
  },
};
