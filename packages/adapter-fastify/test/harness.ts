import type { AddressInfo } from "node:net";
import { Readable } from "node:stream";
import { memoryBackend } from "@cachette/backend-memory";
import type { AdapterAnswer, AdapterApp, AdapterHarness, AdapterRequest, AdapterServer } from "@cachette/testing";
import Fastify, { type FastifyReply, type FastifyRequest } from "fastify";
import { fastifyCache, purge } from "../src/index.ts";

export function fastifyHarness(): AdapterHarness {
  const backend = memoryBackend({ maxBytes: "64mb" });
  return { backend, listen, dispose: () => backend.close() };
}

async function listen({ cache, routes, before, purge: purgeRoute }: AdapterApp): Promise<AdapterServer> {
  const app = Fastify({ forceCloseConnections: true });
  app.addHook("onRequest", async (request, reply) => {
    const { headers = [], answer } = before?.(seen(request)) ?? {};
    for (const [name, value] of headers) reply.header(name, value);
    if (answer !== undefined) return send(reply, answer);
  });
  await app.register(fastifyCache, { cache });
  for (const around of routes.map((route) => route.around)) {
    if (around !== undefined) await app.register(fastifyCache, { cache, ...around });
  }
  for (const { path, methods = ["GET"], options, handler } of routes) {
    app.route({
      method: [...methods],
      url: path,
      config: { cache: options },
      handler: (request, reply) => {
        const answer = handler(seen(request));
        return answer instanceof Promise ? answer.then((settled) => send(reply, settled)) : send(reply, answer);
      },
    });
  }
  if (purgeRoute !== undefined) {
    app.delete(purgeRoute.path, purge(cache, { authorize: (request) => purgeRoute.authorize(seen(request)) }));
  }
  await app.listen({ port: 0, host: "127.0.0.1" });
  return { port: (app.server.address() as AddressInfo).port, close: () => app.close() };
}

function seen(request: FastifyRequest): AdapterRequest {
  return {
    method: request.method,
    url: request.url,
    header: (name) => [request.headers[name] ?? []].flat()[0],
    headers: () => ({ ...request.headers }),
    query: (name) => [(request.query as Record<string, string | string[] | undefined>)[name] ?? []].flat()[0],
    json: () => request.body,
  };
}

function send(reply: FastifyReply, { status = 200, headers = [], body }: AdapterAnswer): FastifyReply {
  reply.code(status);
  const fields: Record<string, string | string[]> = {};
  for (const [name, value] of headers) fields[name] = fields[name] === undefined ? value : [fields[name], value].flat();
  reply.headers(fields);
  if (body === undefined) return reply.send();
  return reply.send(
    typeof body === "string" || body instanceof Uint8Array ? body : Readable.from(body, { objectMode: false }),
  );
}
