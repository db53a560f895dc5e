import { Readable } from "node:stream";
import type { FastifyRequest } from "fastify";
import { expect, test, vi } from "vitest";
import { running } from "./running-app.ts";

/** A condition of a request by all doors to it. */
function shown(request: FastifyRequest, name: string) {
  const { raw } = request;
  const lines = raw.rawHeaders.filter((_, index) => raw.rawHeaders[index - 1]?.toLowerCase() === name);
  return [request.headers[name], raw.headers[name], raw.headersDistinct[name], lines];
}

const by = (value: string) => [value, value, [value], [value]];
const nowhere = [undefined, undefined, undefined, []];

test("the handler is shown what the cache asks, and not what the client asks", async () => {
  const seen: unknown[] = [];
  const after: unknown[] = [];
  const { clock, ask } = await running({ ttl: "1m" }, (app) => {
    app.addHook("onResponse", async ({ raw }) => void after.push(raw.headers["if-none-match"]));
    app.get("/", { config: { cache: {} } }, async (request, reply) => {
      for (const name of ["if-none-match", "if-modified-since", "if-match", "range"]) seen.push(shown(request, name));
      reply.headers({ etag: '"a"', "last-modified": "Wed, 01 Jan 2025 00:00:00 GMT", "content-type": "text/plain" });
      if (request.headers["if-none-match"] === '"a"') return reply.code(304).send();
      return "content";
    });
  });
  const theirs = { "if-none-match": '"b"', "if-match": '"c"', range: "bytes=0-1", "if-range": '"d"' };
  expect((await ask("/", theirs)).text).toBe("content");
  expect(seen.splice(0)).toEqual([nowhere, nowhere, nowhere, nowhere]);
  await clock.advance("61s");
  const answer = await ask("/", theirs);
  expect(seen.splice(0)).toEqual([by('"a"'), by("Wed, 01 Jan 2025 00:00:00 GMT"), nowhere, nowhere]);
  expect([answer.status, answer.text, answer.headers["content-type"]]).toEqual([200, "content", "text/plain"]);
  expect(answer.headers["content-length"]).toBe("7");
  expect((await ask("/", { "if-none-match": '"a"' })).status).toBe(304);
  expect(seen).toEqual([]);
  await vi.waitFor(() => expect(after).toEqual(['"b"', '"b"', '"a"']));
});

test("what a hook assigned to request.headers stays, but for conditions", async () => {
  const seen: unknown[] = [];
  const { clock, ask } = await running({ ttl: "1m", unkeyed: ["x-tenant"] }, (app) => {
    app.addHook("preHandler", async (request) => {
      request.headers = { ...request.headers, "x-tenant": "a" };
    });
    app.get("/", { config: { cache: {} } }, async ({ headers }, reply) => {
      seen.push([headers["if-none-match"], headers.range, headers["x-tenant"]]);
      return reply.header("etag", '"a"').send("content");
    });
  });
  await ask("/", { "if-none-match": '"b"', range: "bytes=0-1" });
  await clock.advance("61s");
  await ask("/", { "if-none-match": '"b"', range: "bytes=0-1" });
  expect(seen).toEqual([
    [undefined, undefined, "a"],
    ['"a"', undefined, "a"],
  ]);
});

test("a 304 with a stream is a 304 all the same, and the stream is let go", async () => {
  const stream = new Readable({ read() {} });
  let runs = 0;
  const { clock, ask } = await running({ ttl: "1m" }, (app) => {
    app.get("/", { config: { cache: {} } }, async (_request, reply) => {
      if (++runs === 1) return reply.header("etag", '"a"').send("content");
      return reply.code(304).header("x-run", "2").send(stream);
    });
  });
  await ask();
  await clock.advance("61s");
  const answer = await ask();
  expect([answer.status, answer.text, answer.headers["x-run"]]).toEqual([200, "content", "2"]);
  expect(stream.destroyed).toBe(true);
  expect([(await ask()).headers["x-cache"], runs]).toEqual(["HIT", 2]);
});

const failures: [string, (streams: (Readable | ReadableStream)[]) => unknown][] = [
  ["an error thrown", () => Promise.reject(new Error("thrown by the handler, as the test wants it"))],
  ["a text", () => "broken"],
  ["a stream", (streams) => streams[streams.push(Readable.from([Buffer.from("bro"), Buffer.from("ken")])) - 1]],
  ["a stream of the Web", (streams) => streams[streams.push(new ReadableStream({ pull() {} })) - 1]],
  ["a Response", () => new Response("broken", { status: 503, headers: { "x-failed": "yes" } })],
];

test.each(failures)("in place of a 5xx, %s, what is stored is sent", async (_, fail) => {
  const streams: (Readable | ReadableStream)[] = [];
  let failing = false;
  const { clock, ask } = await running({ ttl: "1m", staleIfError: "1h" }, (app) => {
    app.addHook(
      "onRequest",
      async (_request, reply) => void reply.headers({ "x-before": "before", "x-both": "before" }),
    );
    app.get("/", { config: { cache: {} } }, async (_request, reply) => {
      if (!failing) return reply.header("content-type", "text/css").send("content");
      reply.code(503).headers({ "x-failed": "yes", "x-both": "handler", "content-type": "text/html" });
      reply.removeHeader("x-before");
      return reply.send(await fail(streams));
    });
  });
  await ask();
  await clock.advance("61s");
  failing = true;
  const { status, text, headers } = await ask();
  expect([status, text, headers["x-cache"]]).toEqual([200, "content", "STALE"]);
  expect([headers["x-before"], headers["x-both"], headers["x-failed"]]).toEqual(["before", "before", undefined]);
  expect([headers["content-type"], headers["content-length"]]).toEqual(["text/css", "7"]);
  for (const stream of streams) {
    if (stream instanceof Readable) expect(stream.destroyed).toBe(true);
    else expect((await stream.getReader().read()).done).toBe(true);
  }
});
