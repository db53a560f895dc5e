import { once } from "node:events";
import { Agent, createServer, type IncomingMessage, type RequestListener, request } from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";
import { memoryBackend } from "@cachette/backend-memory";
import { createCache } from "@cachette/core";
import { type ManualClock, manualClock } from "@cachette/testing";
import express, { type Express } from "express";
import { onTestFinished } from "vitest";
import { expressCache } from "../src/index.ts";

export interface Answer {
  readonly status: number | undefined;
  readonly reason: string | undefined;
  readonly headers: IncomingMessage["headers"];
  readonly body: string;
}

/** A server with a cache whose time stands still, and a client with one connection. Both end with the test. */
export interface Site {
  readonly clock: ManualClock;
  ask(
    path?: string,
    options?: { readonly method?: string; readonly headers?: Record<string, string> | readonly string[] },
  ): Promise<Answer>;
}

/** An application as people have it, but for what it prints. */
export function quietApp(): Express {
  return express().set("env", "test");
}

export async function startSite(build: (cached: ReturnType<typeof expressCache>) => RequestListener): Promise<Site> {
  const clock = manualClock();
  const backend = memoryBackend({ maxBytes: "16mb", clock });
  const cache = createCache({ backend, clock });
  const server = createServer(build(expressCache(cache))).listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  onTestFinished(async () => {
    agent.destroy();
    server.close();
    server.closeAllConnections();
    await cache.close();
  });
  return {
    clock,
    async ask(path = "/", options = {}) {
      const sent = request({ host: "127.0.0.1", port, path, agent, ...options }).end();
      const [answer] = (await once(sent, "response")) as [IncomingMessage];
      return {
        status: answer.statusCode,
        reason: answer.statusMessage,
        headers: answer.headers,
        body: await text(answer),
      };
    },
  };
}

/** A promise and the way to settle it. */
export function signal(): { readonly done: Promise<void>; readonly set: () => void } {
  let set = () => {};
  const done = new Promise<void>((resolve) => {
    set = resolve;
  });
  return { done, set };
}
