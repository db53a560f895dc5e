import { isProxy } from "node:util/types";
import type { RouteOptions } from "@cachette/core/http";
import cookie from "@fastify/cookie";
import type { FastifyReply, FastifyRequest } from "fastify";
import { describe, expect, test } from "vitest";
import { running } from "./running-app.ts";

declare module "fastify" {
  interface FastifyRequest {
    user: string | undefined;
    trace: string;
  }
}

type Read = (request: FastifyRequest, reply: FastifyReply) => unknown;

const app = (
  read: Read,
  options: RouteOptions = { ttl: "1m" },
  trustProxy = false,
  headers: Record<string, string> = {},
) =>
  running(
    {},
    (instance) => {
      instance.decorateRequest("user", undefined);
      instance.decorateRequest("trace", "t");
      instance.addHook("onRequest", async (request, reply) => {
        request.user = request.headers["x-user"]?.toString();
        // As middleware for other frameworks does, and what templates are given.
        Object.assign(request.raw, { account: request.user });
        Object.assign(reply, { locals: { session: request.user, title: "t" } });
      });
      // As a session does that is saved: what comes after the handler is not the handler's doing.
      instance.addHook("onSend", async (request) => void request.user);
      instance.get("/", { config: { cache: options } }, async (request, reply) =>
        reply.headers(headers).send(`${read(request, reply)}`),
      );
    },
    { trustProxy },
  );

const unkeyed: Record<string, readonly [input: string, read: Read]> = {
  "request.headers": ["x-note", ({ headers }) => headers["x-note"]],
  "a copy of request.headers": ["x-note", ({ headers }) => ({ ...headers })["x-note"]],
  "request.raw.headers": ["x-note", ({ raw }) => raw.headers["x-note"]],
  "request.raw.rawHeaders": ["x-note", ({ raw }) => raw.rawHeaders.join()],
  "request.raw.headersDistinct": ["x-note", ({ raw }) => raw.headersDistinct["x-note"]],
  "request.ip": ["ip", ({ ip }) => ip],
  "request.socket": ["ip", ({ socket }) => socket.remoteAddress],
  "request.raw.socket": ["ip", ({ raw }) => raw.socket.remoteAddress],
  "reply.raw.socket": ["ip", (_request, { raw }) => raw.socket?.remoteAddress],
  "a decorator that means a person": ["user", ({ user }) => user],
  "what is attached to request.raw": ["account", ({ raw }) => Reflect.get(raw, "account")],
  "reply.locals": ["session", (_request, reply) => Reflect.get(reply, "locals").session],
  "a copy of reply.locals": ["session", (_request, reply) => ({ ...Reflect.get(reply, "locals") })],
  "one that is set in the handler": [
    "user",
    (request) => {
      request.user = "x";
      return request.user;
    },
  ],
};

describe("an input that is not in the key", () => {
  test.each(Object.entries(unkeyed))("%s", async (_, [input, read]) => {
    const { ask } = await app(read);
    for (const user of ["one", "another"]) {
      const answer = await ask("/", { "x-user": user, "x-note": user });
      expect(answer.headers["x-cache"]).toBe("MISS");
      expect(answer.headers["cache-status"]).toMatch(/detail="unkeyed-input: [\w-]+; .+"$/);
    }
    expect((await ask("/", { "x-note": "n" })).headers["cache-status"]).toContain(`unkeyed-input: ${input};`);
  });
});

describe("what is in every key, or no input", () => {
  const free: Record<string, Read> = {
    "nothing at all": () => "x",
    "host and scheme": ({ host, hostname, port, protocol }) => [host, hostname, port, protocol],
    "target, query and parameters": ({ url, originalUrl, query, params, routeOptions }) =>
      JSON.stringify([url, originalUrl, query, params, routeOptions.url]),
    "a decorator that means nobody": ({ trace }) => trace,
    "something of reply.locals that means nobody": (_request, reply) => Reflect.get(reply, "locals").title,
    "the log and the id": ({ log, id }) => [typeof log.info("x"), typeof id],
  };
  test.each(Object.entries(free))("%s", async (_, read) => {
    const { ask } = await app(read);
    await ask();
    const { headers } = await ask();
    expect([headers["x-cache"], headers["cache-status"]]).toEqual(["HIT", "cachette; hit; ttl=60"]);
  });
});

describe("behind a proxy", () => {
  test("that is trusted, the list of addresses is nobody else's", async () => {
    const { ask } = await app(({ ips }) => ips, undefined, true);
    expect((await ask("/", { "x-forwarded-for": "10.0.0.1" })).headers["cache-status"]).toContain("unkeyed-input: ip;");
    expect((await ask()).headers["x-cache"]).toBe("MISS");
  });

  const readers: Record<string, Read> = {
    hostname: ({ hostname }) => hostname,
    host: ({ host }) => host,
    protocol: ({ protocol }) => protocol,
  };
  const forged = {
    "x-forwarded-host": "attacker.example",
    "x-forwarded-proto": "attacker",
    "x-forwarded-for": "1.1.1.1",
  };
  const ways: [string, RouteOptions, Record<string, string>][] = [
    ["route", { ttl: "1m" }, {}],
    ["handler", {}, { "cache-control": "max-age=60" }],
  ];
  for (const [whose, options, headers] of ways) {
    test.each(Object.entries(readers))(
      `that is trusted, %s is nobody else's (freshness of the ${whose})`,
      async (_, read) => {
        const { ask } = await app(read, options, true, headers);
        expect((await ask("/", forged)).text).toContain("attacker");
        for (let turn = 0; turn < 2; turn++) expect((await ask()).text).not.toContain("attacker");
      },
    );
    test.each(Object.entries(readers))(
      `that is not trusted, %s is in the key (freshness of the ${whose})`,
      async (_, read) => {
        const { ask } = await app(read, options, false, headers);
        await ask("/", forged);
        const hit = await ask();
        expect([hit.headers["x-cache"], hit.text.includes("attacker")]).toEqual(["HIT", false]);
      },
    );
  }
});

test("fields that a hook assigned are watched too", async () => {
  const { ask } = await running({ ttl: "1m" }, (instance) => {
    instance.addHook("preHandler", async (request) => {
      request.headers = { ...request.headers, "x-tenant": request.headers["x-note"] ?? "none" };
    });
    instance.get("/", { config: { cache: {} } }, async ({ headers }) => `for ${headers["x-tenant"]}`);
  });
  for (const tenant of ["a", "b"]) expect((await ask("/", { "x-note": tenant })).text).toBe(`for ${tenant}`);
});

test("cookies of @fastify/cookie are read by their names", async () => {
  const { ask } = await running({ ttl: "1m", cookies: ["theme"] }, async (instance) => {
    await instance.register(cookie);
    instance.get("/theme", { config: { cache: {} } }, async ({ cookies }) => cookies.theme ?? "none");
    instance.get("/user", { config: { cache: {} } }, async ({ cookies }) => cookies.user ?? "none");
  });
  const headers = { cookie: "theme=dark; user=7" };
  await ask("/theme", headers);
  expect((await ask("/theme", headers)).headers["x-cache"]).toBe("HIT");
  await ask("/user", headers);
  const again = await ask("/user", headers);
  expect(again.headers["x-cache"]).toBe("MISS");
  expect(again.headers["cache-status"]).toContain("unkeyed-input: cookie user; cookies:");
});

test("the request is what it was, afterwards", async () => {
  const states: unknown[][] = [];
  const { ask } = await running({ ttl: "1m" }, (instance) => {
    const note = async (request: FastifyRequest, reply: FastifyReply) => {
      const { headers, rawHeaders, socket } = request.raw;
      const own = Object.keys(request.raw).filter((name) => name !== "_eventsCount");
      states.push([
        [request.headers, request.ip, request.host, request.hostname, request.protocol, reply.send],
        [Object.keys(request), own, Object.keys(reply), isProxy(headers), isProxy(rawHeaders)],
        [Reflect.get(request, "user"), socket.remoteAddress],
      ]);
    };
    instance.addHook("preHandler", note);
    instance.addHook("onResponse", note);
    instance.get("/", { config: { cache: {} } }, async () => "x");
  });
  await ask();
  await expect.poll(() => states.length).toBe(2);
  const [before, after] = states;
  expect(after).toEqual(before);
});
