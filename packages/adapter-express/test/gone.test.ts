import { request } from "node:http";
import type { AddressInfo } from "node:net";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { fileURLToPath } from "node:url";
import type { Response } from "express";
import { expect, onTestFinished, test } from "vitest";
import { expressCache } from "../src/index.ts";
import { listen, newSite } from "./site.ts";

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
  let goOn = (): void => {};
  const left = new Promise<void>((resolve) => {
    goOn = resolve;
  });
  app.get("/", expressCache(cache)({ ttl: "1m" }), async (_request, response) => {
    if (++runs > 1) return response.send("from a run of its own");
    await left;
    return answers[way]?.(response);
  });
  const server = app.listen(0, "127.0.0.1");
  await new Promise((resolve) => server.once("listening", resolve));
  onTestFinished(() => {
    server.close();
    server.closeAllConnections();
  });
  const { port } = server.address() as AddressInfo;
  const gone = request({ port, host: "127.0.0.1", agent: false }).on("error", () => {});
  gone.end();
  await expect.poll(() => runs).toBe(1);
  const waiting = fetch(`http://127.0.0.1:${port}/`);
  await new Promise((resolve) => setTimeout(resolve, 50));
  gone.destroy();
  await new Promise((resolve) => setTimeout(resolve, 50));
  goOn();
  expect(await (await waiting).text()).toBe("from a run of its own");
});

test("who waits is not kept by a handler that fails between the head and the body", async () => {
  const { app, cache } = newSite();
  let runs = 0;
  let goOn = (): void => {};
  const waits = new Promise<void>((resolve) => {
    goOn = resolve;
  });
  app.get("/", expressCache(cache)({ ttl: "1m" }), async (_request, response) => {
    if (++runs > 1) return response.send("from a run of its own");
    await waits;
    response.writeHead(200);
    throw new Error("as the test wants it");
  });
  const ask = await listen(app);
  const failed = ask().catch(() => "cut off");
  await expect.poll(() => runs).toBe(1);
  const waiting = ask();
  await new Promise((resolve) => setTimeout(resolve, 50));
  goOn();
  expect(await failed).toBe("cut off");
  expect((await waiting).body.toString()).toBe("from a run of its own");
});

test("who waits gets what a handler sends after its client has left, also where the head was written first", async () => {
  const { app, cache } = newSite();
  let runs = 0;
  let goOn = (): void => {};
  const left = new Promise<void>((resolve) => {
    goOn = resolve;
  });
  app.get("/", expressCache(cache)({ ttl: "1m" }), async (_request, response) => {
    runs++;
    response.writeHead(200);
    await left;
    response.end("from the first run");
  });
  const server = app.listen(0, "127.0.0.1");
  await new Promise((resolve) => server.once("listening", resolve));
  onTestFinished(() => {
    server.close();
    server.closeAllConnections();
  });
  const { port } = server.address() as AddressInfo;
  const gone = request({ port, host: "127.0.0.1", agent: false }).on("error", () => {});
  gone.end();
  await expect.poll(() => runs).toBe(1);
  const waiting = fetch(`http://127.0.0.1:${port}/`);
  await new Promise((resolve) => setTimeout(resolve, 50));
  gone.destroy();
  await new Promise((resolve) => setTimeout(resolve, 50));
  goOn();
  expect(await (await waiting).text()).toBe("from the first run");
  expect(runs).toBe(1);
});
