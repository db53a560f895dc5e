import { request } from "node:http";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { fileURLToPath } from "node:url";
import type { Express, Response } from "express";
import { expect, test } from "vitest";
import { expressCache } from "../src/index.ts";
import { listen, newSite, serve } from "./site.ts";

function newGate() {
  let open = (): void => {};
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { opened, open };
}

/** What a client gets who waits for the handler's first run, whose own client leaves before it may go on. */
async function askedAsOneLeaves(app: Express, runs: () => number, goOn: () => void): Promise<string> {
  const port = await serve(app);
  const gone = request({ port, host: "127.0.0.1", agent: false }).on("error", () => {});
  gone.end();
  await expect.poll(runs).toBe(1);
  const waiting = fetch(`http://127.0.0.1:${port}/`);
  await new Promise((resolve) => setTimeout(resolve, 50));
  gone.destroy();
  await new Promise((resolve) => setTimeout(resolve, 50));
  goOn();
  return (await waiting).text();
}

const answers: Record<string, (response: Response) => unknown> = {
  pipe: (response) => Readable.from(["x"]).pipe(response),
  pipeline: (response) => pipeline(Readable.from(["x"]), response),
  sendFile: (response) => response.sendFile(fileURLToPath(import.meta.url), { cacheControl: false }),
  write: async (response) => {
    if (!response.write("x")) await new Promise((resolve) => response.once("drain", resolve));
    response.end();
  },
  destroy: (response) => response.destroy(),
  throw: () => {
    throw new Error("as the test wants it");
  },
};

test.each(Object.keys(answers))("who waits is not kept by an answer that nobody takes: %s", async (way) => {
  const { app, cache } = newSite();
  let runs = 0;
  const gate = newGate();
  app.get("/", expressCache(cache)({ ttl: "1m" }), async (_request, response) => {
    if (++runs > 1) return response.send("from a run of its own");
    await gate.opened;
    return answers[way]?.(response);
  });
  const text = await askedAsOneLeaves(app, () => runs, gate.open);
  expect(text).toBe("from a run of its own");
});

test("who waits is not kept by a handler that fails between the head and the body", async () => {
  const { app, cache } = newSite();
  let runs = 0;
  const gate = newGate();
  app.get("/", expressCache(cache)({ ttl: "1m" }), async (_request, response) => {
    if (++runs > 1) return response.send("from a run of its own");
    await gate.opened;
    response.writeHead(200);
    throw new Error("as the test wants it");
  });
  const ask = await listen(app);
  const failed = ask().catch(() => "cut off");
  await expect.poll(() => runs).toBe(1);
  const waiting = ask();
  await new Promise((resolve) => setTimeout(resolve, 50));
  gate.open();
  expect(await failed).toBe("cut off");
  expect((await waiting).body.toString()).toBe("from a run of its own");
});

test("who waits gets what a handler sends after its client has left, also where the head was written first", async () => {
  const { app, cache } = newSite();
  let runs = 0;
  const gate = newGate();
  app.get("/", expressCache(cache)({ ttl: "1m" }), async (_request, response) => {
    runs++;
    response.writeHead(200);
    await gate.opened;
    response.end("from the first run");
  });
  const text = await askedAsOneLeaves(app, () => runs, gate.open);
  expect(text).toBe("from the first run");
  expect(runs).toBe(1);
});
