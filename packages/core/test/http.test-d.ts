import { describe, expectTypeOf, test } from "vitest";
import { memoryBackend } from "../../backend-memory/src/index.ts";
import {
  type BypassTicket,
  createHttpCache,
  createPurge,
  type HitTicket,
  type MissTicket,
  type PurgeReply,
  type RouteOptions,
  type StaleTicket,
} from "../src/http/index.ts";
import { createCache } from "../src/index.ts";

const cache = createCache({ backend: memoryBackend({ maxEntries: 1 }) });

describe("route options", () => {
  test("durations, sizes and words are checked", () => {
    createHttpCache(cache, { ttl: "10s", statuses: { 404: "5s", 500: 100 }, maxBodyBytes: "64kb", cookies: "ignore" });
    createHttpCache(cache, { tags: ({ url }) => [url], key: async ({ header }, tail) => tail() + header("a") });
    // @ts-expect-error no unit of time
    createHttpCache(cache, { ttl: "10 seconds" });
    // @ts-expect-error no unit of size
    createHttpCache(cache, { maxBodyBytes: "1tb" });
    // @ts-expect-error no such choice
    createHttpCache(cache, { cookies: "all" });
    // @ts-expect-error no such choice
    createHttpCache(cache, { clientDirectives: "obey" });
    // @ts-expect-error misspelt
    createHttpCache(cache, { tll: "10s" });
    // @ts-expect-error tags cannot come later
    createHttpCache(cache, { tags: async () => ["a"] });
    // @ts-expect-error a view of a cache has no routes
    createHttpCache(cache.namespace("a"));
  });

  test("nothing can be changed afterwards", () => {
    const options: RouteOptions = { ttl: "10s" };
    // @ts-expect-error read-only
    options.ttl = "20s";
  });

  test("a ticket is one of four", () => {
    const { begin } = createHttpCache(cache);
    expectTypeOf<Awaited<ReturnType<typeof begin>>>().toEqualTypeOf<
      BypassTicket | HitTicket | StaleTicket | MissTicket
    >();
  });
});

describe("purge", () => {
  interface Request {
    readonly token: string;
  }

  test("authorize and tag see the framework's own request", () => {
    const purge = createPurge<Request>(cache, {
      authorize: (request) => {
        expectTypeOf(request).toEqualTypeOf<Request>();
        return request.token === "t";
      },
      tag: (request) => request.token,
    });
    expectTypeOf(purge).parameters.toEqualTypeOf<[Request, URLSearchParams]>();
    expectTypeOf(purge).returns.resolves.toEqualTypeOf<PurgeReply>();
  });

  test("no authorize, no purge", () => {
    // @ts-expect-error authorize is missing
    createPurge<Request>(cache, {});
    // @ts-expect-error options are missing
    createPurge<Request>(cache);
    // @ts-expect-error not a function
    createPurge<Request>(cache, { authorize: true });
    // @ts-expect-error says nothing
    createPurge<Request>(cache, { authorize: () => {} });
  });
});
