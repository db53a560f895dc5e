import { type IncomingHttpHeaders, request } from "node:http";
import type { AddressInfo } from "node:net";
import { memoryBackend } from "@cachette/backend-memory";
import { createCache } from "@cachette/core";
import type { RouteOptions } from "@cachette/core/http";
import { type ManualClock, manualClock } from "@cachette/testing";
import Fastify, { type FastifyInstance, type FastifyServerOptions } from "fastify";
import { onTestFinished } from "vitest";
import { fastifyCache } from "../src/index.ts";

export interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
}

export interface RunningApp {
  readonly clock: ManualClock;
  readonly app: FastifyInstance;
  readonly url: string;
  /** `target` is sent as it is. */
  ask(target?: string, headers?: Record<string, string | string[]>, method?: string): Promise<Answer>;
}

/** An application on a port of its own, with a cache on memory whose time is moved by hand, until the end of the test. */
export async function running(
  defaults: RouteOptions,
  define: (app: FastifyInstance) => void | Promise<void>,
  options: FastifyServerOptions = {},
): Promise<RunningApp> {
  const app: FastifyInstance = Fastify({ forceCloseConnections: true, ...options });
  onTestFinished(() => app.close());
  const clock = manualClock();
  const cache = createCache({ backend: memoryBackend({ maxEntries: 100 }), clock });
  await app.register(fastifyCache, { cache, ...defaults });
  await define(app);
  await app.listen({ port: 0, host: "127.0.0.1" });
  const { port } = app.server.address() as AddressInfo;
  return {
    clock,
    app,
    url: `http://127.0.0.1:${port}`,
    ask: (path = "/", headers = {}, method = "GET") => ask({ port, path, headers, method }),
  };
}

interface Question {
  readonly port: number;
  readonly path: string;
  readonly headers: Record<string, string | string[]>;
  readonly method: string;
}

function ask(question: Question): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const asked = request({ host: "127.0.0.1", agent: false, ...question }, async (answer) => {
      try {
        const pieces: Uint8Array[] = [];
        for await (const piece of answer) pieces.push(piece);
        resolve({ status: answer.statusCode ?? 0, headers: answer.headers, text: Buffer.concat(pieces).toString() });
      } catch (error) {
        reject(error);
      }
    });
    asked.on("error", reject);
    asked.end();
  });
}
