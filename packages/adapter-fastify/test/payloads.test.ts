import { PassThrough, Readable } from "node:stream";
import type { FastifyReply, FastifyRequest, onSendAsyncHookHandler } from "fastify";
import { expect, test } from "vitest";
import { listen, newSite } from "./site.ts";

type Handler = (request: FastifyRequest, reply: FastifyReply) => unknown;

/** That an answer comes back from the cache as it was, over a real connection. */
async function replays(
  handler: Handler,
  options: object = {},
): Promise<{ first: Response; hit: Response; body: Buffer }> {
  const { app } = await newSite();
  let runs = 0;
  app.get("/", { ...options, config: { cache: {} } }, (request, reply) => {
    runs++;
    return handler(request, reply);
  });
  const url = await listen(app);
  const first = await fetch(url, { redirect: "manual" });
  const body = Buffer.from(await first.arrayBuffer());
  await new Promise((resolve) => setTimeout(resolve, 10));
  const hit = await fetch(url, { redirect: "manual" });
  expect(Buffer.from(await hit.arrayBuffer()).equals(body)).toBe(true);
  expect([runs, hit.headers.get("x-cache"), hit.status]).toEqual([1, "HIT", first.status]);
  for (const name of ["content-type", "location", "x-note", "link"]) {
    expect([name, hit.headers.get(name)]).toEqual([name, first.headers.get(name)]);
  }
  expect(Number(hit.headers.get("content-length"))).toBe(body.length);
  return { first, hit, body };
}

test("objects, with and without a schema", async () => {
  expect((await replays(() => ({ a: 1, b: "ü" }))).body.toString()).toBe('{"a":1,"b":"ü"}');
  const schema = { response: { 200: { type: "object", properties: { a: { type: "string" } } } } };
  expect((await replays(async () => ({ a: 1, secret: 2 }), { schema })).body.toString()).toBe('{"a":"1"}');
});

test("texts, bytes and nothing", async () => {
  const text = await replays(async () => "hello");
  expect(text.hit.headers.get("content-type")).toBe("text/plain; charset=utf-8");
  const bytes = await replays((_request, reply) => reply.send(Uint8Array.from([0, 255, 128])));
  expect(bytes.hit.headers.get("content-type")).toBe("application/octet-stream");
  expect(bytes.body).toEqual(Buffer.from([0, 255, 128]));
  await replays((_request, reply) => {
    reply.send();
  });
  await replays((_request, reply) => reply.header("X-Note", "a").send(null));
});

test("redirects and several lines of one field", async () => {
  const { hit } = await replays((_request, reply) =>
    reply.header("Link", ["</a>", "</b>"]).redirect("/elsewhere", 301),
  );
  expect(hit.headers.get("link")).toBe("</a>, </b>");
});

test("streams of Node", async () => {
  const { body } = await replays((_request, reply) =>
    reply.type("text/csv").send(Readable.from(["a,", Buffer.from("b")])),
  );
  expect(body.toString()).toBe("a,b");
  const encoded = await replays(async () =>
    Readable.from([Buffer.from("ü")], { objectMode: false }).setEncoding("utf8"),
  );
  expect(encoded.body.toString()).toBe("ü");
});

test("a stream without a type has none on hits either", async () => {
  const { hit } = await replays((_request, reply) => reply.send(Readable.from(["a"])));
  expect(hit.headers.get("content-type")).toBeNull();
});

test("streams and answers of the Web", async () => {
  const pieces = (): ReadableStream => {
    const encoder = new TextEncoder();
    const left = ["a", "b"];
    return new ReadableStream({
      pull(controller) {
        const next = left.shift();
        if (next === undefined) controller.close();
        else controller.enqueue(encoder.encode(next));
      },
    });
  };
  expect((await replays((_request, reply) => reply.send(pieces()))).body.toString()).toBe("ab");
  const { hit, body } = await replays(
    async () => new Response("created", { status: 203, headers: { "Content-Type": "text/x-note", "X-Note": "a" } }),
  );
  expect([hit.status, hit.headers.get("content-type"), body.toString()]).toEqual([203, "text/x-note", "created"]);
  await replays(async () => new Response(null, { status: 301, headers: { Location: "/elsewhere" } }));
});

test("an answer of the Web that is told to have cookies is not stored, and keeps them", async () => {
  const { app } = await newSite();
  app.get("/", { config: { cache: {} } }, async (_request, reply) => {
    reply.header("Set-Cookie", "first=0");
    const headers = new Headers([
      ["Set-Cookie", "a=1"],
      ["Set-Cookie", "b=2"],
    ]);
    return new Response("x", { headers });
  });
  const url = await listen(app);
  for (const _turn of [1, 2]) {
    const { headers } = await fetch(url);
    expect([headers.get("x-cache"), headers.getSetCookie()]).toEqual(["MISS", ["first=0", "a=1", "b=2"]]);
  }
});

test("a stream that fails before it begins becomes the framework's error, and frees the key", async () => {
  const { app } = await newSite();
  let runs = 0;
  app.get("/", { config: { cache: {} } }, (_request, reply) => {
    if (++runs > 1) return reply.send(Readable.from([`run ${runs}`]));
    const broken = new Readable({ read() {} });
    setTimeout(() => broken.destroy(new Error("no such file, as the test wants it")), 5);
    return reply.send(broken);
  });
  const url = await listen(app);
  expect((await fetch(url)).status).toBe(500);
  expect(await (await fetch(url)).text()).toBe("run 2");
  expect((await fetch(url)).headers.get("x-cache")).toBe("HIT");
});

test("a stream that a later plugin reads in its own time comes to it whole", async () => {
  const { app } = await newSite();
  app.addHook("onRoute", (route) => {
    const later: onSendAsyncHookHandler = async (_request, _reply, payload) => {
      if (!(payload instanceof Readable)) return payload;
      await new Promise((resolve) => setTimeout(resolve, 20));
      if (route.url === "/pipe") return payload.pipe(new PassThrough());
      let text = "";
      for await (const piece of payload) text += String(piece);
      return text;
    };
    route.onSend = [route.onSend ?? [], later].flat();
  });
  const pieces = Array.from({ length: 50 }, (_, index) => `${index},`);
  for (const path of ["/pipe", "/loop"]) {
    app.get(path, { config: { cache: {} } }, (_request, reply) => reply.send(Readable.from(pieces)));
  }
  const url = await listen(app);
  for (const [path, shown] of [
    ["/pipe", "MISS"],
    ["/pipe", "HIT"],
    // Not as a stream flows: there is no copy of it.
    ["/loop", "MISS"],
    ["/loop", "MISS"],
  ]) {
    const answer = await fetch(`${url}${path}`);
    expect([path, answer.headers.get("x-cache"), await answer.text()]).toEqual([path, shown, pieces.join("")]);
  }
});

test("what Fastify cannot send is its to complain about, and not stored", async () => {
  const { app } = await newSite();
  const used = new Response("x");
  await used.text();
  const locked = new ReadableStream();
  locked.getReader();
  app.get("/used", { config: { cache: {} } }, async () => used);
  app.get("/locked", { config: { cache: {} } }, (_request, reply) => reply.send(locked));
  app.get("/type", { config: { cache: {} } }, (_request, reply) => reply.type("text/plain").send({ an: "object" }));
  const url = await listen(app);
  for (const path of ["/used", "/locked", "/type"]) {
    for (const _turn of [1, 2]) {
      const { status, headers } = await fetch(url + path);
      expect([path, status, headers.get("x-cache") === "HIT"]).toEqual([path, 500, false]);
    }
  }
});

test("HEAD of a route that Fastify adds by itself", async () => {
  const { app } = await newSite();
  app.get("/", { config: { cache: {} } }, async () => ({ a: 1 }));
  app.get("/none", { config: { cache: { statuses: { 204: "1m" } } } }, (_request, reply) => reply.code(204).send());
  const url = await listen(app);
  const before = await fetch(url, { method: "HEAD" });
  expect([before.headers.get("x-cache"), before.headers.get("content-length")]).toEqual(["MISS", "7"]);
  const get = await fetch(url);
  const after = await fetch(url, { method: "HEAD" });
  expect([after.headers.get("x-cache"), after.headers.get("content-length")]).toEqual(["HIT", "7"]);
  expect(after.headers.get("content-type")).toBe(get.headers.get("content-type"));
  const known = await fetch(url, { method: "HEAD", headers: { "if-none-match": String(get.headers.get("etag")) } });
  expect([known.status, known.headers.get("content-length"), known.headers.get("content-type")]).toEqual([
    304,
    null,
    null,
  ]);
  await fetch(`${url}/none`);
  const none = await fetch(`${url}/none`, { method: "HEAD" });
  expect([none.status, none.headers.get("x-cache"), none.headers.get("content-length")]).toEqual([204, "HIT", null]);
});
