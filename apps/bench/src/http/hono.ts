import type { Server } from "node:http";
import { honoCache } from "@cachette/adapter-hono";
import { createAdaptorServer } from "@hono/node-server";
import { type Handler, Hono } from "hono";
import { makeBody, type Size } from "./body.ts";
import { memoryCache } from "./memory-cache.ts";
import { type Prepared, prepare } from "./recorded.ts";
import type { ServerOrder } from "./subject.ts";

const path = "/:size/:key";

export function honoServer({ kind, recorded }: ServerOrder): Server {
  const app = new Hono();
  if (kind === "cachette") app.use(path, honoCache(memoryCache(), { app })({ ttl: "1h" }));
  if (kind === "floor") app.get(path, floor(prepare(recorded)));
  else app.get(path, (c) => c.json(makeBody(c.req.param("size") as Size, c.req.param("key"))));
  return createAdaptorServer({ fetch: app.fetch }) as Server;
}

function floor(answers: ReadonlyMap<string, Prepared>): Handler {
  return (c) => {
    const answer = answers.get(c.req.path);
    if (answer === undefined) return c.notFound();
    if (c.req.header("if-none-match") === answer.etag) return c.body(null, 304, answer.notModified.record);
    return c.body(answer.bytes as Uint8Array<ArrayBuffer>, 200, answer.full.record);
  };
}
