import { connect } from "node:http2";
import { text } from "node:stream/consumers";
import { memoryBackend } from "@cachette/backend-memory";
import { createCache, isCachetteError } from "@cachette/core";
import { faultyBackend } from "@cachette/testing";
import Fastify, { type FastifyReply, type FastifyRequest } from "fastify";
import { expect, onTestFinished, test } from "vitest";
import { fastifyCache, purge } from "../src/index.ts";
import { listen, newSite } from "./site.ts";

const invalid = expect.toSatisfy((error: unknown) => isCachetteError(error, "OPTION_INVALID"));

test("a wrong route throws where it is defined, wrong defaults where they are registered", async () => {
  const { app, cache } = await newSite();
  const route = (options: object) => () => app.get("/", { config: { cache: options } }, async () => "x");
  expect(route({ ttl: "soon" })).toThrow(invalid);
  expect(route({ tll: "1s" })).toThrow(invalid);
  const wrong = Fastify();
  await expect(async () => wrong.register(fastifyCache, { cache, ttl: -1 })).rejects.toThrow(invalid);
  expect(() => purge(cache, {} as { authorize: () => boolean })).toThrow(invalid);
});

test("routes that do not ask for it, or say no, are not cached", async () => {
  const { app } = await newSite();
  let runs = 0;
  app.get("/plain", async () => `run ${++runs}`);
  app.get("/no", { config: { cache: false } }, async () => `run ${++runs}`);
  for (const path of ["/plain", "/plain", "/no", "/no"]) {
    const { headers } = await app.inject(path);
    expect(headers["x-cache"]).toBeUndefined();
  }
  expect(runs).toBe(4);
});

test("it works in scopes with a prefix, and without a socket", async () => {
  const { app } = await newSite();
  let runs = 0;
  await app.register(
    async (scope) => {
      scope.get("/x", { config: { cache: {} } }, async () => `run ${++runs}`);
    },
    { prefix: "/a" },
  );
  expect((await app.inject("/a/x")).headers["x-cache"]).toBe("MISS");
  const hit = await app.inject("/a/x");
  expect([hit.headers["x-cache"], hit.body]).toEqual(["HIT", "run 1"]);
  expect((await app.inject({ url: "/a/x", headers: { "if-none-match": String(hit.headers.etag) } })).statusCode).toBe(
    304,
  );
});

test("all hooks before the handler run on hits, also those of plugins that come later", async () => {
  const { app } = await newSite();
  const ran: string[] = [];
  app.addHook("onRequest", async () => {
    ran.push("onRequest");
  });
  app.addHook("onRoute", (route) => {
    route.preHandler = [route.preHandler ?? [], async () => void ran.push("later plugin")].flat();
  });
  app.get(
    "/",
    {
      config: { cache: {} },
      preValidation: async () => void ran.push("preValidation"),
      preHandler: async (request, reply) => {
        ran.push("preHandler");
        if (request.headers["x-token"] !== "right") return reply.code(401).send("who are you?");
      },
    },
    async () => {
      ran.push("handler");
      return "x";
    },
  );
  app.addHook("preHandler", async () => void ran.push("hook added last"));
  app.addHook("onSend", async () => void ran.push("onSend"));
  app.addHook("onResponse", async () => void ran.push("onResponse"));
  const order = ["onRequest", "preValidation", "hook added last", "preHandler", "later plugin"];
  await app.inject({ url: "/", headers: { "x-token": "right" } });
  expect(ran.splice(0)).toEqual([...order, "handler", "onSend", "onResponse"]);
  const hit = await app.inject({ url: "/", headers: { "x-token": "right" } });
  expect(hit.headers["x-cache"]).toBe("HIT");
  expect(ran.splice(0)).toEqual([...order, "onSend", "onResponse"]);
  expect((await app.inject("/")).body).toBe("who are you?");
});

test("fields that other plugins add when an answer is sent are of the request that is answered", async () => {
  const { app } = await newSite();
  let requests = 0;
  app.addHook("onSend", async (_request, reply) => {
    reply.header("X-Served", String(++requests));
  });
  app.get("/", { config: { cache: {} } }, async () => "x");
  for (const served of ["1", "2", "3"]) expect((await app.inject("/")).headers["x-served"]).toBe(served);
  expect((await app.inject("/")).headers["x-cache"]).toBe("HIT");
});

test("a cookie that another plugin adds when the answer is sent keeps it from being stored", async () => {
  const { app } = await newSite();
  app.addHook("onSend", async (_request, reply) => {
    reply.header("Set-Cookie", "session=1");
  });
  app.get("/", { config: { cache: {} } }, async () => "x");
  for (const _turn of [1, 2]) {
    const { headers } = await app.inject("/");
    expect([headers["x-cache"], headers["set-cookie"]]).toEqual(["MISS", "session=1"]);
  }
});

test("what a plugin makes of an answer when it is sent is what is stored", async () => {
  const { app } = await newSite();
  app.addHook("onSend", async (_request, _reply, payload) => String(payload).toUpperCase());
  app.get("/", { config: { cache: {} } }, async () => "hello");
  expect((await app.inject("/")).body).toBe("HELLO");
  const hit = await app.inject("/");
  expect([hit.headers["x-cache"], hit.body, hit.headers["content-length"]]).toEqual(["HIT", "HELLO", "5"]);
});

test("handlers that answer later by themselves, with a backend that answers later", async () => {
  const backend = memoryBackend({ maxEntries: 10 });
  const app = Fastify();
  onTestFinished(() => app.close());
  await app.register(fastifyCache, {
    cache: createCache({ backend: faultyBackend(backend, { remote: true }) }),
    ttl: "1m",
  });
  let runs = 0;
  app.get("/", { config: { cache: {} } }, (_request, reply) => {
    runs++;
    setTimeout(() => reply.send(`run ${runs}`), 5);
  });
  app.get("/throws", { config: { cache: {} } }, () => {
    throw Object.assign(new Error("as the test wants it"), { statusCode: 418 });
  });
  expect((await app.inject("/")).body).toBe("run 1");
  await new Promise((resolve) => setTimeout(resolve, 5));
  const hit = await app.inject("/");
  expect([hit.body, hit.headers["x-cache"]]).toEqual(["run 1", "HIT"]);
  expect((await app.inject("/throws")).statusCode).toBe(418);
});

/** Two who ask at once, and one later, of a handler that does not answer through Fastify. */
async function bypassing(handler: (reply: FastifyReply) => unknown): Promise<void> {
  const { app, cache } = await newSite();
  let runs = 0;
  app.get("/", { config: { cache: {} } }, (_request, reply) => {
    runs++;
    return handler(reply);
  });
  const url = await listen(app);
  const began = performance.now();
  const answers = await Promise.all([fetch(url), fetch(url)]);
  const last = await fetch(url);
  expect(await Promise.all([...answers, last].map((answer) => answer.text()))).toEqual(["raw", "raw", "raw"]);
  expect(performance.now() - began).toBeLessThan(5000);
  expect([runs, cache.counters().stores]).toEqual([3, 0]);
}

function endLater(reply: FastifyReply): void {
  setTimeout(() => reply.raw.end("raw"), 20);
}

test("nothing is stored of handlers that write to the socket themselves, and the key is free", async () => {
  await bypassing((reply) => {
    endLater(reply.hijack());
  });
  await bypassing(async (reply) => {
    endLater(reply.hijack());
  });
  await bypassing((reply) => {
    endLater(reply);
  });
  await bypassing((reply) => {
    reply.raw.writeHead(200, { "Content-Type": "text/plain" });
    endLater(reply);
  });
});

test("a handler that goes its own way for long keeps nobody waiting", async () => {
  const { app } = await newSite();
  let runs = 0;
  app.get("/", { config: { cache: {} } }, async (_request, reply) => {
    if (++runs > 1) return `run ${runs}`;
    reply.hijack().raw.flushHeaders();
  });
  const url = await listen(app);
  const endless = await fetch(url);
  expect(await (await fetch(url)).text()).toBe("run 2");
  await endless.body?.cancel();
});

test("what a handler returns when its client is gone serves who waits", async () => {
  const { app } = await newSite();
  let runs = 0;
  let goOn = (): void => {};
  const left = new Promise<void>((resolve) => {
    goOn = resolve;
  });
  app.get("/", { config: { cache: {} } }, async () => {
    runs++;
    await left;
    return `run ${runs}`;
  });
  const url = await listen(app);
  const gone = new AbortController();
  const first = fetch(url, { signal: gone.signal });
  await expect.poll(() => runs).toBe(1);
  const waiting = fetch(url);
  await new Promise((resolve) => setTimeout(resolve, 50));
  gone.abort();
  await expect(first).rejects.toThrow("abort");
  await new Promise((resolve) => setTimeout(resolve, 50));
  goOn();
  expect(await (await waiting).text()).toBe("run 1");
});

test("the error handler's answer is an answer like any other", async () => {
  const { app } = await newSite();
  let runs = 0;
  app.setErrorHandler(async (error, _request, reply) => {
    await Promise.resolve();
    return reply.code(404).send({ error: (error as Error).message, runs });
  });
  app.get("/", { config: { cache: { statuses: { 404: "1m" } } } }, async () => {
    runs++;
    throw new Error("not there");
  });
  for (const shown of ["MISS", "HIT"]) {
    const { statusCode, headers, body } = await app.inject("/");
    expect([statusCode, headers["x-cache"], body]).toEqual([404, shown, '{"error":"not there","runs":1}']);
  }
});

test("an error handler that fails as well frees the key", async () => {
  const { app } = await newSite();
  let runs = 0;
  app.setErrorHandler(() => {
    throw new Error("the error handler, as the test wants it");
  });
  app.get("/", { config: { cache: {} } }, async () => {
    if (++runs === 1) throw new Error("the handler, as the test wants it");
    return `run ${runs}`;
  });
  const url = await listen(app);
  expect((await fetch(url)).status).toBe(500);
  expect(await (await fetch(url)).text()).toBe("run 2");
});

test("a handler that takes too long frees the key", async () => {
  const { app } = await newSite();
  let runs = 0;
  app.get("/", { handlerTimeout: 30, config: { cache: {} } }, async () => {
    if (++runs === 1) await new Promise((resolve) => setTimeout(resolve, 60));
    return `run ${runs}`;
  });
  expect((await app.inject("/")).statusCode).toBe(503);
  expect((await app.inject("/")).body).toBe("run 2");
});

test("conditions are hidden from the handler by all doors, and shown to hooks before and after", async () => {
  const { app } = await newSite();
  const seen = (request: FastifyRequest) => [
    request.headers["if-none-match"],
    request.raw.headers.range,
    request.raw.headersDistinct?.["if-none-match"]?.[0],
    request.raw.rawHeaders.filter((text) => /^(if-|range)/i.test(text)).length,
    request.headers["x-note"],
  ];
  const views: Record<string, unknown[]> = {};
  app.addHook("onRequest", async (request) => {
    views.before = seen(request);
  });
  app.addHook("onResponse", async (request) => {
    views.after = seen(request);
  });
  app.get("/", { config: { cache: {} } }, async (request) => {
    views.handler = seen(request);
    return "x";
  });
  const url = await listen(app);
  await fetch(url, { headers: { "If-None-Match": '"a"', Range: "bytes=0-0", "X-Note": "n" } });
  expect(views.handler).toEqual([undefined, undefined, undefined, 0, "n"]);
  expect(views.before).toEqual(['"a"', "bytes=0-0", '"a"', 2, "n"]);
  expect(views.after).toEqual(views.before);
});

test("HTTP/2", async () => {
  const app = Fastify({ http2: true });
  onTestFinished(() => app.close());
  const cache = createCache({ backend: memoryBackend({ maxEntries: 10 }) });
  await app.register(fastifyCache, { cache, ttl: "1m" });
  let runs = 0;
  app.get("/", { config: { cache: {} } }, async (request) => `run ${++runs} ${request.headers["if-none-match"] ?? ""}`);
  app.get("/host", { config: { cache: {} } }, async ({ headers }) => `for ${headers[":authority"]}`);
  app.get("/body", { config: { cache: {} } }, async ({ raw }) => `of ${await text(raw)}`);
  const session = connect(await app.listen({ port: 0, host: "127.0.0.1" }));
  onTestFinished(() => session.close());
  const ask = (fields: Record<string, string> = {}, body?: string) =>
    new Promise<unknown[]>((resolve, reject) => {
      const stream = session.request({ ":path": "/", ...fields }, { endStream: body === undefined });
      if (body !== undefined) stream.end(body);
      let status: number | undefined;
      let shown: unknown;
      let content = "";
      stream.on("response", (headers) => {
        status = headers[":status"];
        shown = headers["x-cache"];
      });
      stream.setEncoding("utf8").on("data", (piece) => {
        content += piece;
      });
      stream.on("end", () => resolve([status, shown, content])).on("error", reject);
    });
  expect(await ask({ "if-none-match": '"b"' })).toEqual([200, "MISS", "run 1 "]);
  expect(await ask()).toEqual([200, "HIT", "run 1 "]);
  expect(await ask({ "if-none-match": "*" })).toEqual([304, "HIT", ""]);
  expect(await ask({ ":method": "HEAD" })).toEqual([200, "HIT", ""]);
  // What has two meanings has no key: two hosts, and a body that GET does not have.
  const hosts = (authority: string) => ask({ ":path": "/host", ":authority": authority, host: "a.example" });
  expect(await hosts("b.example")).toEqual([200, "BYPASS", "for b.example"]);
  expect(await hosts("a.example")).toEqual([200, "MISS", "for a.example"]);
  expect(await ask({ ":path": "/body" }, "x")).toEqual([200, "BYPASS", "of x"]);
  expect(await ask({ ":path": "/body" })).toEqual([200, "MISS", "of "]);
});
