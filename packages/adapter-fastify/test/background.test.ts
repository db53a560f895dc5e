import { Readable } from "node:stream";
import type { FastifyReply } from "fastify";
import { expect, onTestFinished, test, vi } from "vitest";
import { running } from "./running-app.ts";

const stale = { ttl: "1m", staleWhileRevalidate: "1h" } as const;

test("a stale answer is sent at once, and the handler runs once more behind it", async () => {
  let runs = 0;
  let go = () => {};
  const gate = new Promise<void>((resolve) => {
    go = resolve;
  });
  const { clock, ask } = await running(stale, (app) => {
    app.get("/", { config: { cache: {} } }, async () => {
      if (++runs === 2) await gate;
      return `run ${runs}`;
    });
  });
  await ask();
  await clock.advance("61s");
  const answers = await Promise.all(Array.from({ length: 20 }, () => ask()));
  for (const { text, headers } of answers) expect([text, headers["x-cache"]]).toEqual(["run 1", "STALE"]);
  expect(runs).toBe(2);
  go();
  await vi.waitFor(async () => expect((await ask()).text).toBe("run 2"));
  expect([(await ask()).headers["x-cache"], runs]).toEqual(["HIT", 2]);
});

test("the refresh is the same request, to every hook and to the handler", async () => {
  const hooks: unknown[] = [];
  const handlers: unknown[] = [];
  const { clock, ask } = await running({ ...stale, vary: ["x-tag"], statuses: { 404: "1m" } }, (app) => {
    app.addHook("onRequest", async ({ raw, ip, protocol, host, originalUrl }) => {
      hooks.push([
        raw.method,
        originalUrl,
        ip,
        protocol,
        host,
        { ...raw.headers },
        raw.rawHeaders,
        raw.headersDistinct,
      ]);
    });
    app.get("/*", { config: { cache: {} } }, async ({ raw, query }, reply) => {
      handlers.push([raw.method, raw.url, query, { ...raw.headers }, raw.rawHeaders, raw.headersDistinct]);
      // Without a tag, about which there would be a question in the second.
      return reply.code(404).header("cache-control", "max-age=60").send("x");
    });
  });
  // `inject` and `URL` would make another path of it.
  const target = "/a/%2e%2e/b//c?q=%31&q=%C3%A4&r";
  const headers = { "x-tag": ["1", "2"], "x-other": "y" };
  await ask(target, headers);
  await clock.advance("61s");
  expect((await ask(target, headers)).headers["x-cache"]).toBe("STALE");
  await vi.waitFor(() => expect(handlers.length).toBe(2));
  expect(handlers[1]).toEqual(handlers[0]);
  expect(hooks).toEqual([hooks[0], hooks[0], hooks[0]]);
  await vi.waitFor(async () => expect((await ask(target, headers)).headers["x-cache"]).toBe("HIT"));
});

test("the target is the one before rewriteUrl, and a hook's changes to fields are not made twice", async () => {
  const seen: unknown[] = [];
  const { clock, ask } = await running(
    { ...stale, unkeyed: ["x-run"] },
    (app) => {
      app.addHook("onRequest", async ({ raw }) => {
        raw.headers["x-run"] = `${raw.headers["x-run"] ?? ""}+`;
      });
      app.get("/v1/x", { config: { cache: {} } }, async ({ headers }) => {
        seen.push(headers["x-run"]);
        return "x";
      });
    },
    { rewriteUrl: ({ url = "/" }) => `/v1${url}` },
  );
  await ask("/x");
  await clock.advance("61s");
  await ask("/x");
  await vi.waitFor(async () => expect((await ask("/x")).headers["x-cache"]).toBe("HIT"));
  expect(seen).toEqual(["+", "+"]);
});

test("conditions of the client are hidden from the refresh, and those of the cache shown", async () => {
  const seen: unknown[] = [];
  const { clock, ask } = await running(stale, (app) => {
    app.get("/", { config: { cache: {} } }, async ({ headers }, reply) => {
      seen.push([headers["if-none-match"], headers.range]);
      reply.header("etag", '"a"');
      return headers["if-none-match"] === '"a"' ? reply.code(304).send() : reply.send("content");
    });
  });
  await ask();
  await clock.advance("61s");
  expect((await ask("/", { "if-none-match": '"a"', range: "bytes=0-1" })).status).toBe(304);
  await vi.waitFor(async () => expect((await ask()).headers["x-cache"]).toBe("HIT"));
  expect(seen).toEqual([
    [undefined, undefined],
    ['"a"', undefined],
  ]);
});

test("a body that is large and comes in pieces is stored whole", async () => {
  const piece = "0123456789abcdef".repeat(4096);
  let runs = 0;
  const { clock, ask } = await running(stale, (app) => {
    app.get("/", { config: { cache: {} } }, async (_request, reply) => {
      runs++;
      return reply.type("text/plain").send(Readable.from(Array.from({ length: 10 }, () => Buffer.from(piece))));
    });
  });
  await ask();
  await clock.advance("61s");
  await ask();
  await vi.waitFor(async () => expect((await ask()).headers["x-cache"]).toBe("HIT"));
  expect([(await ask()).text === piece.repeat(10), runs]).toEqual([true, 2]);
});

const half = async function* () {
  yield Buffer.from("half");
  throw new Error("as the test wants it");
};

const ends: [string, (reply: FastifyReply) => unknown][] = [
  ["an error", () => Promise.reject(new Error("thrown by the handler, as the test wants it"))],
  ["an answer that must not be kept", (reply) => reply.code(404).header("cache-control", "no-store").send("gone")],
  ["a connection that is cut", (reply) => void reply.raw.destroy(new Error("as the test wants it"))],
  ["a handler that answers by itself", (reply) => void reply.hijack().raw.end("by hand")],
  ["a stream that breaks off", (reply) => reply.send(Readable.from(half(), { objectMode: false }))],
  ["a stream of the Web that breaks off", (reply) => reply.send(Readable.toWeb(Readable.from(half())))],
];

test.each([["a hook that refuses", undefined] as const, ...ends])("%s ends a refresh", async (_, end) => {
  let requests = 0;
  const { clock, ask } = await running(stale, (app) => {
    app.addHook("preHandler", async (_request, reply) => {
      if (++requests === 3 && end === undefined) return reply.code(401).send("who are you?");
    });
    app.get("/", { config: { cache: {} } }, async (_request, reply) =>
      requests === 3 ? end?.(reply) : `request ${requests}`,
    );
  });
  await ask();
  await clock.advance("61s");
  expect((await ask()).text).toBe("request 1");
  await vi.waitFor(() => expect(requests).toBe(3));
  await vi.waitFor(async () => {
    await clock.advance("2s");
    expect((await ask()).text).not.toBe("request 1");
  });
});

test("a refresh that does not end does not keep the application open", async () => {
  let runs = 0;
  const { app, clock, ask } = await running(stale, (scope) => {
    scope.get("/", { config: { cache: {} } }, async () => (++runs === 1 ? "x" : new Promise<never>(() => {})));
  });
  await ask("/", { connection: "keep-alive" });
  await clock.advance("61s");
  expect((await ask("/", { connection: "keep-alive" })).headers["x-cache"]).toBe("STALE");
  await vi.waitFor(() => expect(runs).toBe(2));
  await app.close();
});

test("a refresh that takes longer than a minute is given up, and made up for later", async () => {
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
  onTestFinished(() => void vi.useRealTimers());
  let runs = 0;
  const closed: string[] = [];
  const { clock, ask } = await running(stale, (app) => {
    app.get("/", { config: { cache: {} } }, async (_request, reply) => {
      if (++runs !== 2) return `run ${runs}`;
      reply.raw.once("close", () => closed.push("closed"));
      return new Promise<never>(() => {});
    });
  });
  await ask();
  await clock.advance("61s");
  await ask();
  while (runs < 2) await new Promise((resolve) => setImmediate(resolve));
  vi.advanceTimersByTime(59_999);
  expect(closed).toEqual([]);
  vi.advanceTimersByTime(1);
  while (closed.length === 0) await new Promise((resolve) => setImmediate(resolve));
  vi.useRealTimers();
  await clock.advance("5m");
  await vi.waitFor(async () => expect((await ask()).text).toBe("run 3"));
});
