import { memoryBackend } from "@cachette/backend-memory";
import { type Cache, createCache } from "@cachette/core";
import { faultyBackend, type ManualClock, manualClock } from "@cachette/testing";
import { Hono } from "hono";
import { onTestFinished } from "vitest";
import { honoCache } from "../src/index.ts";

export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** An application that is asked without a server, with a cache whose time stands still. */
export interface Site {
  readonly app: Hono;
  readonly cache: Cache;
  /** Refreshes go through `app`. */
  readonly cached: ReturnType<typeof honoCache>;
  readonly clock: ManualClock;
  readonly faults: ReturnType<typeof faultyBackend>["faults"];
  ask(path?: string, init?: RequestInit): Promise<Answer>;
}

export function newSite(): Site {
  const app = new Hono();
  // Hono prints errors of its own accord.
  app.onError((error, c) => c.text(error.message, 500, { "X-Broken": "yes" }));
  const memory = memoryBackend({ maxEntries: 100 });
  const backend = faultyBackend(memory);
  const clock = manualClock();
  const cache = createCache({ backend, clock });
  onTestFinished(async () => {
    await cache.close();
    memory.close();
  });
  return {
    app,
    cache,
    cached: honoCache(cache, { app }),
    clock,
    faults: backend.faults,
    ask: async (path = "/", init = {}) => answerOf(await app.request(path, init)),
  };
}

export async function answerOf(response: Response): Promise<Answer> {
  return { status: response.status, headers: Object.fromEntries(response.headers), body: await response.text() };
}

/** Something that one waits for, and another sets. */
export function signal(): { readonly done: Promise<void>; set(): void } {
  let set: () => void = () => {};
  const done = new Promise<void>((resolve) => {
    set = resolve;
  });
  return { done, set: () => set() };
}

/** A body that gives these pieces, each in a turn of its own, and does not end unless `end` says so. */
export function pieces(texts: readonly string[], { end = true, onCancel = () => {} } = {}): ReadableStream<Uint8Array> {
  const left = [...texts];
  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        await new Promise((resolve) => setTimeout(resolve, 2));
        const text = left.shift();
        if (text !== undefined) controller.enqueue(new TextEncoder().encode(text));
        else if (end) controller.close();
        else return new Promise(() => {});
      },
      cancel: onCancel,
    },
    { highWaterMark: 0 },
  );
}
