import type { AddressInfo } from "node:net";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { memoryBackend } from "@cachette/backend-memory";
import type { AdapterAnswer, AdapterApp, AdapterHarness, AdapterRequest, AdapterServer } from "@cachette/testing";
import express, { type NextFunction, type Request, type Response } from "express";
import { expressCache, purge } from "../src/index.ts";

export function expressHarness(): AdapterHarness {
  const backend = memoryBackend({ maxBytes: "64mb" });
  return { backend, listen, dispose: () => backend.close() };
}

async function listen({ cache, routes, before, purge: purgeRoute }: AdapterApp): Promise<AdapterServer> {
  const app = express();
  // Of its own accord Express answers with an ETag, and prints errors.
  app.set("env", "test");
  app.disable("etag");
  app.use(express.json());
  app.use((request, response, next) => {
    const { headers = [], answer } = before?.(seen(request)) ?? {};
    for (const [name, value] of headers) response.append(name, value);
    if (answer === undefined) next();
    else void send(response, answer);
  });
  const cached = expressCache(cache);
  for (const { path, methods = ["GET"], options, around, handler } of routes) {
    const handle = (request: Request, response: Response, _next: NextFunction) => {
      const answer = handler(seen(request));
      return answer instanceof Promise ? answer.then((settled) => send(response, settled)) : send(response, answer);
    };
    if (around !== undefined) app.use(path, cached(around));
    const route = app.route(path);
    const middleware = cached(options);
    if (methods.includes("GET")) route.get(middleware, handle);
    if (methods.includes("POST")) route.post(middleware, handle);
    if (methods.includes("PUT")) route.put(middleware, handle);
    if (methods.includes("DELETE")) route.delete(middleware, handle);
  }
  if (purgeRoute !== undefined) {
    app.delete(purgeRoute.path, purge(cache, { authorize: (request) => purgeRoute.authorize(seen(request)) }));
  }
  const server = app.listen(0, "127.0.0.1");
  await new Promise((resolve) => server.once("listening", resolve));
  return {
    port: (server.address() as AddressInfo).port,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function seen(request: Request): AdapterRequest {
  return {
    method: request.method,
    url: request.originalUrl,
    header: (name) => request.get(name),
    headers: () => ({ ...request.headers }),
    query: (name) => [request.query[name] ?? []].flat().map(String)[0],
    json: () => request.body,
  };
}

async function send(response: Response, { status = 200, headers = [], body }: AdapterAnswer): Promise<void> {
  response.status(status);
  const names = new Set(headers.map(([name]) => name));
  for (const name of names) response.removeHeader(name);
  for (const [name, value] of headers) response.append(name, value);
  if (typeof body === "string") response.send(body);
  else if (body === undefined) response.end();
  else if (body instanceof Uint8Array) response.send(Buffer.from(body.buffer, body.byteOffset, body.byteLength));
  else await pipeline(Readable.from(body, { objectMode: false }), response).catch(() => response.destroy());
}
