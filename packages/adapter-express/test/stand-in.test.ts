import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import type { RequestHandler } from "express";
import { describe, expect, test } from "vitest";
import { quietApp, type Site, signal, startSite } from "./stage.ts";

/** A site whose stored answer is stale and may stand in for an error, which `fail` makes. */
async function failingSite(fail: RequestHandler): Promise<Site> {
  let runs = 0;
  let requests = 0;
  const site = await startSite((cached) =>
    quietApp()
      .use((_request, response, next) => {
        response.set({ "X-Request": String(++requests), "X-Mode": "usual" });
        next();
      })
      .get("/", cached({ ttl: "1m", staleIfError: "1h" }), (request, response, next) => {
        if (++runs === 1) response.set("ETag", '"a"').send("content");
        else return fail(request, response, next);
      }),
  );
  await site.ask();
  await site.clock.advance("61s");
  return site;
}

function expectStandIn(answer: Awaited<ReturnType<Site["ask"]>>): void {
  expect(answer).toMatchObject({ status: 200, reason: "OK", body: "content" });
  expect(answer.headers).toMatchObject({
    "content-length": "7",
    "x-cache": "STALE",
    "x-mode": "usual",
    "x-request": "2",
    etag: '"a"',
  });
  expect(answer.headers).not.toHaveProperty("retry-after");
}

describe("a stored answer in place of an error", () => {
  test("that is thrown", async () => {
    const site = await failingSite((_request, response) => {
      response.set({ "Retry-After": "5", "X-Mode": "failing" });
      throw new Error("no luck");
    });
    expectStandIn(await site.ask());
  });

  test("that is sent whole", async () => {
    const site = await failingSite((_request, response) => {
      response.writeHead(503, "Not Now", { "Retry-After": "5", "X-Mode": "failing" }).end("sorry");
    });
    expectStandIn(await site.ask());
  });

  test("that comes in pieces: they are dropped, and whoever feeds them comes to the end", async () => {
    const fed = signal();
    const pieces = Array.from({ length: 50 }, () => Buffer.alloc(20_000, "x"));
    const site = await failingSite(async (_request, response) => {
      response.status(503).removeHeader("X-Mode");
      response.set("Retry-After", "5");
      await pipeline(Readable.from(pieces), response);
      fed.set();
    });
    expectStandIn(await site.ask());
    await fed.done;
    // The connection is still of use.
    expect(await site.ask()).toMatchObject({ status: 200, body: "content" });
  });

  test("whose first piece is all that ever comes", async () => {
    const called = signal();
    const site = await failingSite((_request, response) => {
      response.status(500).set("Content-Length", "7").set("Retry-After", "5");
      response.write("oh", () => called.set());
    });
    expectStandIn(await site.ask());
    await called.done;
  });

  test("is a 304 for a client that has it", async () => {
    const site = await failingSite((_request, response) => {
      response.status(503).flushHeaders();
      response.write("oh");
      setImmediate(() => response.end("no"));
    });
    const answer = await site.ask("/", { headers: { "If-None-Match": '"a"' } });
    expect(answer).toMatchObject({ status: 304, body: "" });
    expect((await site.ask()).body).toBe("content");
  });
});
