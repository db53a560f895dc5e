import type { Server } from "node:http";
import { honoCache } from "@cachette/adapter-hono";
import { memoryBackend } from "@cachette/backend-memory";
import { createCache } from "@cachette/core";
import { createAdaptorServer } from "@hono/node-server";
import { type Handler, Hono } from "hono";
import { makeBody, type Size } from "./body.ts";
import { type Prepared, prepare } from "./recorded.ts";
import type { ServerOrder } from "./subject.ts";

const path = "/:size/:key";

export async function honoServer({ kind, recorded }: ServerOrder): Promise<Server> {
  const app = new Hono();
  if (kind === "cachette") {
    const cache = createCache({ backend: memoryBackend({ maxBytes: "64mb" }), prefix: "bench" });
    app.use(path, honoCache(cache, { app })({ ttl: "1h" }));
  }
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
