import { createServer } from "node:http";
import { Readable } from "node:stream";
import { honoCache } from "@cachette/adapter-hono";
import { getRequestListener } from "@hono/node-server";
import { Hono } from "hono";
import { askOrigin } from "../ask-origin.ts";
import { listen } from "../running-server.ts";
import type { StartSubject } from "./subject.ts";

export const startHono: StartSubject = (cache, options, origin) => {
  const app = new Hono();

  app.all("/test/*", honoCache(cache, { app })(options), async (c) => {
    const { pathname, search } = new URL(c.req.url);
    const question = { method: c.req.method, target: pathname + search, fields: c.req.header() };
    const { status, fields, body } = await askOrigin(origin, { ...question, body: c.req.raw.body ?? undefined });
    const headers = new Headers();
    for (const [name, values] of fields) for (const value of [values].flat()) headers.append(name, value);
    return new Response(body === undefined ? null : (Readable.toWeb(body) as ReadableStream), { status, headers });
  });

  app.onError((_error, c) => c.text("The origin gave no answer.", 502));

  return listen(createServer(getRequestListener(app.fetch)));
};
