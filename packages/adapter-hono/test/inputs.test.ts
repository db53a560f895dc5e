import type { AddressInfo } from "node:net";
import { isProxy } from "node:util/types";
import type { RouteOptions } from "@cachette/core/http";
import { type HttpBindings, type ServerType, serve } from "@hono/node-server";
import { getConnInfo } from "@hono/node-server/conninfo";
import type { Context } from "hono";
import { accepts } from "hono/accepts";
import { bearerAuth } from "hono/bearer-auth";
import { getCookie } from "hono/cookie";
import { cors } from "hono/cors";
import { NONCE, secureHeaders } from "hono/secure-headers";
import { describe, expect, onTestFinished, test } from "vitest";
import { newSite, pieces } from "./stage.ts";

type Read = (c: Context) => unknown;

/** An application on a port of its own, in which earlier middleware sets who a request is from. */
async function running(read: Read, options: RouteOptions = { ttl: "1m" }, headers: Record<string, string> = {}) {
  const { app, cached } = newSite();
  app.use(async (c, next) => {
    c.set("user" as never, c.req.header("x-user") as never);
    c.set("trace" as never, "t" as never);
    Object.assign(incoming(c), { user: c.get("user" as never) });
    await next();
  });
  app.get("/", cached(options), async (c) => c.text(`${await read(c)}`, 200, headers));
  const server = await new Promise<ServerType>((resolve) => {
    const started = serve({ fetch: app.fetch, port: 0, hostname: "127.0.0.1" }, () => resolve(started));
  });
  onTestFinished(() => void server.close());
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
  return async (fields: Record<string, string> = {}, query = "") => {
    const answer = await fetch(url + query, { headers: fields });
    return { headers: answer.headers, text: await answer.text() };
  };
}

const incoming = (c: Context) => (c.env as HttpBindings).incoming;
const variable = (c: Context, name: string): unknown => Reflect.get(c.var, name);

const unkeyed: Record<string, readonly [input: string, read: Read]> = {
  "c.req.header(name)": ["x-note", (c) => c.req.header("X-Note")],
  "c.req.header()": ["x-note", (c) => c.req.header()["x-note"]],
  "c.req.raw.headers.get": ["x-note", (c) => c.req.raw.headers.get("x-note")],
  "c.req.raw.headers.has": ["x-note", (c) => c.req.raw.headers.has("x-note")],
  "a list of c.req.raw.headers": ["x-note", (c) => [...c.req.raw.headers].join()],
  "c.req.raw.headers.forEach": ["x-note", (c) => c.req.raw.headers.forEach(() => {})],
  "a copy of c.req.raw.headers": ["x-note", (c) => new Headers(c.req.raw.headers).get("x-note")],
  "a copy of c.req.raw": ["x-note", (c) => c.req.raw.clone().headers.get("x-note")],
  "c.env.incoming.headers": ["x-note", (c) => incoming(c).headers["x-note"]],
  "c.env.incoming.rawHeaders": ["x-note", (c) => incoming(c).rawHeaders.join()],
  getConnInfo: ["ip", (c) => getConnInfo(c).remote.address],
  "c.env.incoming.socket": ["ip", (c) => incoming(c).socket.remoteAddress],
  "c.env.outgoing.socket": ["ip", (c) => (c.env as HttpBindings).outgoing.socket?.remoteAddress],
  "what is attached to c.env.incoming": ["user", (c) => Reflect.get(incoming(c), "user")],
  "c.get": ["user", (c) => c.get("user")],
  "c.var": ["user", (c) => variable(c, "user")],
  "a copy of c.var": ["user", (c) => ({ ...c.var })],
};

describe("an input that is not in the key", () => {
  test.each(Object.entries(unkeyed))("%s", async (_, [input, read]) => {
    const ask = await running(read);
    for (const user of ["one", "another"]) {
      const answer = await ask({ "x-user": user, "x-note": user });
      expect(answer.headers.get("x-cache")).toBe("MISS");
      expect(answer.headers.get("cache-status")).toMatch(/detail="unkeyed-input: [\w-]+; .+"$/);
    }
    const { headers } = await ask({ "x-note": "n" });
    // Of all fields, the first that is not known is named.
    if (!/list|header\(\)|forEach|copy of c\.req\.raw\.headers|rawHeaders/.test(_)) {
      expect(headers.get("cache-status")).toContain(`unkeyed-input: ${input};`);
    }
  });
});

describe("what is in every key, or no input", () => {
  const free: Record<string, Read> = {
    "nothing at all": () => "x",
    "target, query and parameters": (c) =>
      JSON.stringify([c.req.url, c.req.path, c.req.query("a"), c.req.queries(), c.req.param()]),
    "the request without its fields": (c) => [c.req.method, c.req.raw.url, c.req.raw.signal.aborted, c.req.raw.method],
    "the Host field": (c) => c.req.header("host"),
    "a variable that means nobody": (c) => [c.get("trace"), variable(c, "trace")],
    "cookies, of which there are none": (c) => getCookie(c, "user"),
  };
  test.each(Object.entries(free))("%s", async (_, read) => {
    const ask = await running(read);
    await ask();
    const { headers } = await ask();
    expect([headers.get("x-cache"), headers.get("cache-status")]).toEqual(["HIT", "cachette; hit; ttl=60"]);
  });
});

test("hono/accepts has an answer for each language", async () => {
  const ask = await running((c) => accepts(c, { header: "Accept-Language", supports: ["en", "de"], default: "en" }));
  for (const shown of ["MISS", "HIT"]) {
    for (const language of ["de", "en"]) {
      const { headers, text } = await ask({ "accept-language": language });
      expect([headers.get("x-cache"), text, headers.get("vary")]).toEqual([shown, language, "accept-language"]);
    }
  }
});

test("an attacker's host is nobody else's, whoever grants freshness", async () => {
  for (const [options, headers] of [
    [{ ttl: "1m" }, {}],
    [{}, { "Cache-Control": "max-age=60" }],
  ] as const) {
    const ask = await running((c) => c.req.header("x-forwarded-host"), options, headers);
    expect((await ask({ "x-forwarded-host": "attacker" })).text).toBe("attacker");
    for (let turn = 0; turn < 2; turn++) expect((await ask()).text).toBe("undefined");
  }
});

test("what does not count of a query is not seen by the door to what the request was made from either", async () => {
  const ask = await running((c) => [c.req.url, incoming(c).url].join(), { ttl: "1m", query: { ignore: ["x"] } });
  expect((await ask({}, "?x=1&q=2")).text).toMatch(/\/\?q=2,\/\?q=2$/);
});

test("cookies: those in the key, if no others come along", async () => {
  const ask = await running((c) => getCookie(c, "theme"), { ttl: "1m", cookies: ["theme"] });
  await ask({ cookie: "theme=dark" });
  expect((await ask({ cookie: "theme=dark" })).headers.get("x-cache")).toBe("HIT");
  const { headers } = await ask({ cookie: "theme=light; user=7" });
  expect(headers.get("cache-status")).toContain("unkeyed-input: cookie; cookies:");
});

test("middleware of Hono's behind the cache: bearer-auth is somebody's, cors says what it varies by", async () => {
  const { app, cached, ask } = newSite();
  app.get("/auth", cached({ ttl: "1m" }), bearerAuth({ token: "t" }), (c) =>
    c.text("x", 200, { "Cache-Control": "public" }),
  );
  app.get("/cors", cached({ ttl: "1m" }), cors({ origin: (origin) => origin }), (c) => c.text("x"));
  const auth = await ask("/auth", { headers: { authorization: "Bearer t" } });
  expect(auth.headers["cache-status"]).toContain("unkeyed-input: authorization; private:");
  for (const shown of ["MISS", "HIT"]) {
    for (const origin of ["https://one.example", "https://another.example"]) {
      const answer = await ask("/cors", { headers: { origin } });
      expect([answer.headers["x-cache"], answer.headers["access-control-allow-origin"]]).toEqual([shown, origin]);
    }
  }
});

test("a page with a nonce is for the one answer that names it, although the policy is set after it is made", async () => {
  const { app, cached, ask } = newSite();
  app.use(secureHeaders({ contentSecurityPolicy: { scriptSrc: [NONCE] } }));
  app.get("/", cached({ ttl: "1m" }), (c) => c.html(`<script nonce="${c.get("secureHeadersNonce")}">`));
  for (const _ of ["first", "second"]) {
    const { headers, body } = await ask();
    expect(headers["content-security-policy"]).toContain(`'nonce-${/"(.+)"/.exec(body)?.[1]}'`);
  }
});

test("middleware in front may look at what it likes afterwards", async () => {
  const { app, cached, ask } = newSite();
  app.use(async (c, next) => {
    c.set("user" as never, "x" as never);
    await next();
    c.get("user" as never);
    c.req.header("x-request-id");
  });
  app.get("/", cached({ ttl: "1m" }), (c) => c.text("x"));
  await ask();
  expect((await ask()).headers["x-cache"]).toBe("HIT");
});

test("an answer in pieces is not stored if its maker looks at somebody on the way", async () => {
  const { app, cached, ask } = newSite();
  app.get("/", cached({ ttl: "1m" }), (c) => {
    const stream = pieces(["for ", "x"]);
    const told = stream.pipeThrough(
      new TransformStream<Uint8Array, Uint8Array>({
        transform(piece, controller) {
          const text = new TextDecoder().decode(piece);
          controller.enqueue(text === "x" ? new TextEncoder().encode(c.req.header("x-user") ?? "") : piece);
        },
      }),
    );
    return c.body(told);
  });
  for (const user of ["one", "another"])
    expect((await ask("/", { headers: { "x-user": user } })).body).toBe(`for ${user}`);
});

test("the request and the context are what they were, afterwards", async () => {
  const { app, cached, ask } = newSite();
  app.use(async (c, next) => {
    const { raw } = c.req;
    const { get } = c;
    const { headers, clone } = raw;
    await next();
    expect(c.req.raw).toBe(raw);
    expect(c.get).toBe(get);
    expect([raw.headers, raw.clone]).toEqual([headers, clone]);
    expect(isProxy(c.var)).toBe(false);
  });
  app.get("/", cached({ ttl: "1m" }), (c) => {
    expect(c.req.raw.headers instanceof Headers).toBe(true);
    expect(c.req.raw instanceof Request).toBe(true);
    return c.text("x");
  });
  expect((await ask()).status).toBe(200);
});
