import type { MiddlewareHandler } from "hono";
import { HTTPException } from "hono/http-exception";
import { stream, streamSSE } from "hono/streaming";
import { expect, test } from "vitest";
import { honoCache } from "../src/index.ts";
import { newSite, replays } from "./site.ts";

const encoder = new TextEncoder();

test("json, text, html, bytes, redirects and answers of the Web", async () => {
  const json = await replays((c) => c.json({ a: 1 }));
  expect(json.text).toBe('{"a":1}');
  expect(json.hit.headers.get("content-type")).toBe(json.first.headers.get("content-type"));
  expect(json.hit.headers.get("etag")).toBe(json.first.headers.get("etag"));
  await replays((c) => c.text("ü", 203, { "X-Note": "a" }));
  expect((await replays((c) => c.html("<p>x</p>"))).hit.headers.get("content-type")).toBe("text/html; charset=UTF-8");
  await replays((c) => c.body(Uint8Array.from([0, 255, 128])));
  expect((await replays((c) => c.redirect("/elsewhere", 301))).hit.headers.get("location")).toBe("/elsewhere");
  const plain = await replays(() => new Response("x", { headers: { "X-Note": "a" } }));
  expect(plain.hit.headers.get("x-note")).toBe("a");
  expect(plain.hit.headers.get("content-type")).toBe("text/plain;charset=UTF-8");
  const untyped = await replays((c) => c.body(encoder.encode("kept as a text")));
  expect(untyped.hit.headers.get("content-type")).toBeNull();
  await replays(() => new Response(null));
  await replays(() => new Response(""));
});

test("a body that is all there gets an ETag and conditions on the first answer, however many pieces it has", async () => {
  const { app, cached } = newSite();
  app.get("/", cached, (c) => {
    const pieces = Array.from({ length: 100 }, (_, index) => encoder.encode(`${index},`));
    return c.body(
      new ReadableStream({
        pull(controller) {
          const piece = pieces.shift();
          if (piece === undefined) controller.close();
          else controller.enqueue(piece);
        },
      }),
    );
  });
  const first = await app.request("/");
  const etag = String(first.headers.get("etag"));
  expect(etag).toMatch(/^"/);
  expect((await first.text()).length).toBe(290);
  const known = await app.request("/", { headers: { "if-none-match": etag } });
  expect([known.status, known.headers.get("x-cache")]).toEqual([304, "HIT"]);
});

test("a body that never waits but is large goes through in pieces", async () => {
  const { app } = newSite();
  const { cache } = newSite();
  let made = 0;
  app.get("/", honoCache(cache)({ ttl: "1m" }), (c) => {
    const piece = new Uint8Array(64 * 1024);
    return c.body(
      new ReadableStream(
        {
          pull(controller) {
            made++;
            if (made > 800) controller.close();
            else controller.enqueue(piece);
          },
        },
        { highWaterMark: 0 },
      ),
    );
  });
  const answer = await app.request("/");
  expect(made).toBeLessThan(30);
  expect(answer.headers.get("x-cache")).toBe("MISS");
  expect((await answer.arrayBuffer()).byteLength).toBe(50 * 2 ** 20);
  expect(cache.counters().refusals).toEqual({ "too-large": 1 });
});

test("Hono's own streams", async () => {
  const { app, cache, cached } = newSite();
  app.get("/stream", cached, (c) =>
    stream(c, async (out) => {
      await out.write("a");
      await out.sleep(5);
      await out.write("b");
    }),
  );
  app.get("/events", cached, (c) => streamSSE(c, (out) => out.writeSSE({ data: "x" })));
  expect(await (await app.request("/stream")).text()).toBe("ab");
  const hit = await app.request("/stream");
  expect([hit.headers.get("x-cache"), await hit.text()]).toEqual(["HIT", "ab"]);
  await (await app.request("/events")).text();
  expect(cache.counters().stores).toBe(1);
});

test("a reader that goes away cancels the source, and nothing is stored", async () => {
  const { app, cache, cached } = newSite();
  let cancelled: unknown;
  let pieces = 0;
  app.get("/", cached, (c) =>
    c.body(
      new ReadableStream({
        async pull(controller) {
          await new Promise((resolve) => setTimeout(resolve, 5));
          controller.enqueue(encoder.encode(`${++pieces}`));
        },
        cancel(reason) {
          cancelled = reason;
        },
      }),
    ),
  );
  const { body } = await app.request("/");
  const reader = body?.getReader();
  expect(await reader?.read()).toEqual({ done: false, value: encoder.encode("1") });
  await reader?.cancel("enough");
  expect(cancelled).toBe("enough");
  expect(cache.counters()).toMatchObject({ stores: 0, refusals: { aborted: 1 } });
});

test("a source that fails at once fails for the reader, and frees the key", async () => {
  const { app, cached } = newSite();
  let runs = 0;
  app.get("/", cached, (c) =>
    ++runs > 1
      ? c.text(`run ${runs}`)
      : c.body(new ReadableStream({ start: (it) => it.error(new Error("no source")) })),
  );
  await expect((await app.request("/")).text()).rejects.toThrow("no source");
  expect(await (await app.request("/")).text()).toBe("run 2");
});

test("cookies of the handler stay apart, and keep the answer from being stored", async () => {
  const { app, cached } = newSite();
  app.get("/", cached, (c) => {
    c.header("Set-Cookie", "a=1", { append: true });
    c.header("Set-Cookie", "b=2", { append: true });
    return c.text("x");
  });
  for (const _turn of [1, 2]) {
    const { headers } = await app.request("/");
    expect([headers.get("x-cache"), headers.getSetCookie()]).toEqual(["MISS", ["a=1", "b=2"]]);
  }
});

test("answers whose fields cannot be changed, as those of fetch", async () => {
  const { app, cached } = newSite();
  const frozen = (): Response => {
    const response = Response.redirect("http://localhost/elsewhere", 301);
    expect(() => response.headers.set("x-note", "a")).toThrow(TypeError);
    return response;
  };
  app.all("/", cached, frozen);
  for (const [method, shown] of [
    ["POST", "BYPASS"],
    ["GET", "MISS"],
    ["GET", "HIT"],
  ]) {
    const { status, headers } = await app.request("/", { method: String(method) });
    expect([status, headers.get("location"), headers.get("x-cache")]).toEqual([
      301,
      "http://localhost/elsewhere",
      shown,
    ]);
  }
});

test("errors are answers like any other; what is no error is thrown on", async () => {
  const { app, cache } = newSite();
  let runs = 0;
  const cached = honoCache(cache, { ttl: "1m", statuses: { 404: "1m" } });
  app.onError((error, c) => (error instanceof HTTPException ? error.getResponse() : c.text(error.message, 500)));
  app.get("/404", cached(), () => {
    throw new HTTPException(404, { message: `run ${++runs}` });
  });
  app.get("/500", cached(), () => {
    throw new Error(`run ${++runs}`);
  });
  app.get("/text", cached(), () => {
    throw `run ${++runs}`;
  });
  const asked = async (path: string) => {
    const answer = await app.request(path);
    return [answer.status, answer.headers.get("x-cache"), await answer.text()];
  };
  expect(await asked("/404")).toEqual([404, "MISS", "run 1"]);
  expect(await asked("/404")).toEqual([404, "HIT", "run 1"]);
  expect(await asked("/500")).toEqual([500, "MISS", "run 2"]);
  expect(await asked("/500")).toEqual([500, "MISS", "run 3"]);
  await expect(asked("/text")).rejects.toBe("run 4");
  await expect(asked("/text")).rejects.toBe("run 5");
});

test("an answer whose body somebody has read already is not stored", async () => {
  const { app, cache, cached } = newSite();
  const read: MiddlewareHandler = async (c, next) => {
    await next();
    await c.res.text();
  };
  app.get("/", cached, read, (c) => c.text("x"));
  expect((await app.request("/")).bodyUsed).toBe(true);
  expect((await app.request("/")).bodyUsed).toBe(true);
  expect(cache.counters().stores).toBe(0);
});

test("HEAD", async () => {
  const { app, cached } = newSite();
  let runs = 0;
  app.get("/", cached, (c) => c.text(`run ${++runs} ${c.req.method}`));
  const before = await app.request("/", { method: "HEAD" });
  expect([before.headers.get("x-cache"), before.body]).toEqual(["MISS", null]);
  expect(await (await app.request("/")).text()).toBe("run 2 GET");
  const after = await app.request("/", { method: "HEAD" });
  expect([after.headers.get("x-cache"), after.headers.get("content-length"), after.body]).toEqual(["HIT", "9", null]);
});
