import type { Server } from "node:http";
import { fastifyCache } from "@cachette/adapter-fastify";
import Fastify, { type FastifyInstance } from "fastify";
import { makeBody, type Size } from "./body.ts";
import { memoryCache } from "./memory-cache.ts";
import { type Prepared, prepare } from "./recorded.ts";
import type { ServerOrder } from "./subject.ts";

const path = "/:size/:key";

export async function fastifyServer({ kind, recorded }: ServerOrder): Promise<Server> {
  const app = Fastify();
  if (kind === "floor") floor(app, prepare(recorded));
  else if (kind === "floor past the hooks") floorPastHooks(app, prepare(recorded));
  else await handler(app, kind === "cachette");
  await app.ready();
  return app.server;
}

async function handler(app: FastifyInstance, cached: boolean): Promise<void> {
  if (cached) await app.register(fastifyCache, { cache: memoryCache() });
  const config = cached ? { cache: { ttl: "1h" as const } } : {};
  app.get<{ Params: { size: Size; key: string } }>(path, { config }, async ({ params }) => {
    return makeBody(params.size, params.key);
  });
}

function floor(app: FastifyInstance, answers: ReadonlyMap<string, Prepared>): void {
  app.get(path, (request, reply) => {
    const answer = answers.get(request.url);
    if (answer === undefined) reply.code(404).send();
    else if (request.headers["if-none-match"] === answer.etag) {
      reply.code(304).headers(answer.notModified.record).send();
    } else reply.code(200).headers(answer.full.record).send(answer.bytes);
  });
}

/** The answer goes to Node's own response: what other plugins want to do when it is sent is not done. */
function floorPastHooks(app: FastifyInstance, answers: ReadonlyMap<string, Prepared>): void {
  app.get(path, (request, reply) => {
    reply.hijack();
    const answer = answers.get(request.url);
    if (answer === undefined) reply.raw.writeHead(404).end();
    else if (request.headers["if-none-match"] === answer.etag) {
      reply.raw.writeHead(304, answer.notModified.flat).end();
    } else reply.raw.writeHead(200, answer.full.flat).end(answer.bytes);
  });
}
