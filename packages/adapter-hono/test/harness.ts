import type { AddressInfo } from "node:net";
import { memoryBackend } from "@cachette/backend-memory";
import type { AdapterAnswer, AdapterApp, AdapterHarness, AdapterRequest, AdapterServer } from "@cachette/testing";
import { type ServerType, serve } from "@hono/node-server";
import { type Context, Hono } from "hono";
import type { StatusCode } from "hono/utils/http-status";
import { honoCache, purge } from "../src/index.ts";

export function honoHarness(): AdapterHarness {
  const backend = memoryBackend({ maxBytes: "64mb" });
  return { backend, listen, dispose: () => backend.close() };
}

function appOf({ cache, routes, before, purge: purgeRoute }: AdapterApp): Hono {
  const app = new Hono();
  // Hono prints errors of its own accord.
  app.onError((_error, c) => c.text("Internal Server Error", 500));
  app.use(async (c, next) => {
    const { headers = [], answer } = before?.(seen(c)) ?? {};
    for (const [name, value] of headers) c.header(name, value, { append: true });
    if (answer !== undefined) return respond(c, answer);
    await next();
  });
  const cached = honoCache(cache, { app });
  for (const { path, methods = ["GET"], options, around, handler } of routes) {
    const handle = (c: Context): Response | Promise<Response> => {
      const answer = handler(seen(c));
      return answer instanceof Promise ? answer.then((settled) => respond(c, settled)) : respond(c, answer);
    };
    if (around !== undefined) app.use(path, cached(around));
    app.on([...methods], [path], cached(options), handle);
  }
  if (purgeRoute !== undefined) {
    app.delete(purgeRoute.path, purge(cache, { authorize: (c) => purgeRoute.authorize(seen(c)) }));
  }
  return app;
}

async function listen(options: AdapterApp): Promise<AdapterServer> {
  const { fetch } = appOf(options);
  const server = await new Promise<ServerType>((resolve) => {
    const started = serve({ fetch, port: 0, hostname: "127.0.0.1" }, () => resolve(started));
  });
  return {
    port: (server.address() as AddressInfo).port,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        if ("closeAllConnections" in server) server.closeAllConnections();
      }),
  };
}

function seen(c: Context): AdapterRequest {
  const { url, method } = c.req;
  return {
    method,
    url: url.slice(url.indexOf("/", "https://".length)),
    header: (name) => c.req.header(name),
    headers: () => c.req.header(),
    query: (name) => c.req.query(name),
    json: () => c.req.json(),
  };
}

function respond(c: Context, { status = 200, headers = [], body }: AdapterAnswer): Response {
  const names = new Set(headers.map(([name]) => name));
  for (const name of names) c.header(name, undefined);
  for (const [name, value] of headers) c.header(name, value, { append: true });
  const content =
    body === undefined ? null : typeof body === "string" || body instanceof Uint8Array ? body : streamOf(body);
  return c.newResponse(content as string | null, status as StatusCode);
}

function streamOf(pieces: AsyncIterable<Uint8Array>): ReadableStream<Uint8Array> {
  const iterator = pieces[Symbol.asyncIterator]();
  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        const { done, value } = await iterator.next();
        if (done) controller.close();
        else controller.enqueue(value);
      },
      async cancel() {
        await iterator.return?.();
      },
    },
    { highWaterMark: 0 },
  );
}
