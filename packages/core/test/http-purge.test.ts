import { describe, expect, test } from "vitest";
import { memoryBackend } from "../../backend-memory/src/index.ts";
import { faultyBackend } from "../../testing/src/index.ts";
import { createPurge, type PurgeReply, type PurgeRouteOptions } from "../src/http/index.ts";
import { type Cache, type CacheOptions, createCache } from "../src/index.ts";

interface Request {
  readonly token?: string;
  readonly tag?: string;
}

const authorize = ({ token }: Request) => token === "t";

async function stocked(options: Partial<CacheOptions> = {}): Promise<Cache> {
  const cache = createCache({ backend: memoryBackend({ maxEntries: 100 }), ...options });
  await cache.set("k", 1);
  for (const namespace of ["test", "test2", "te*t", "a:test"]) await cache.set("k", 1, { namespace });
  await cache.set("tagged", 1, { tags: ["a"], namespace: "test" });
  return cache;
}

async function left(cache: Cache): Promise<(string | undefined)[]> {
  const names = [undefined, "test", "test2", "te*t", "a:test"];
  const found = await Promise.all(
    names.map((namespace) => cache.get("k", namespace === undefined ? {} : { namespace })),
  );
  return names.filter((_, index) => found[index] !== undefined);
}

const query = (text: string) => new URLSearchParams(text);
const json = ({ body }: PurgeReply) => JSON.parse(body);

function expectPlain(reply: PurgeReply, status: number): void {
  expect(reply.status).toBe(status);
  expect(reply.fields).toContainEqual(["Content-Type", "application/json; charset=utf-8"]);
  expect(reply.fields).toContainEqual(["Cache-Control", "no-store"]);
}

describe("createPurge", () => {
  test("clears one namespace and no other", async () => {
    const cache = await stocked();
    const reply = await createPurge<Request>(cache, { authorize })({ token: "t" }, query("namespace=test"));
    expectPlain(reply, 200);
    expect(reply.body).toBe('{"cleared":true,"namespace":"test"}');
    expect(await left(cache)).toEqual([undefined, "test2", "te*t", "a:test"]);
  });

  test("clears everything without one", async () => {
    const cache = await stocked();
    const reply = await createPurge<Request>(cache, { authorize })({ token: "t" }, query(""));
    expectPlain(reply, 200);
    expect(reply.body).toBe('{"cleared":true,"namespace":null}');
    expect(await left(cache)).toEqual([]);
  });

  test("invalidates a tag", async () => {
    const cache = await stocked();
    const purge = createPurge<Request>(cache, { authorize, tag: ({ tag = "" }) => tag });
    const reply = await purge({ token: "t", tag: "a" }, query("namespace=test"));
    expectPlain(reply, 200);
    expect(json(reply)).toEqual({ cleared: true, tag: "a" });
    expect(await cache.get("tagged", { namespace: "test" })).toBeUndefined();
    expect(await left(cache)).toHaveLength(5);
    expectPlain(await purge({ token: "t" }, query("")), 400);
  });

  test.each<[string, PurgeRouteOptions<Request>["authorize"]]>([
    ["no", () => false],
    ["no, later", async () => false],
    ["undefined", () => undefined as unknown as boolean],
    ["a text", () => "yes" as unknown as boolean],
    ["a number", () => 1 as unknown as boolean],
  ])("refuses, and changes nothing, when authorize says %s", async (_, answer) => {
    const cache = await stocked();
    const reply = await createPurge<Request>(cache, { authorize: answer })({ token: "t" }, query("namespace=test"));
    expectPlain(reply, 401);
    expect(reply.fields).toContainEqual(["WWW-Authenticate", "Bearer"]);
    expect(json(reply)).toEqual({ error: "unauthorized" });
    expect(await left(cache)).toHaveLength(5);
  });

  test("asks before it looks at anything else", async () => {
    const cache = await stocked();
    let asked = false;
    const tag = () => {
      asked = true;
      return "a";
    };
    await createPurge<Request>(cache, { authorize, tag })({}, query(""));
    expect(asked).toBe(false);
    expectPlain(await createPurge<Request>(cache, { authorize })({}, query("namespace=")), 401);
  });

  test.each(["namespace=", "namespace=test&namespace=test2", "namespace=test&namespace="])(
    "%s is not understood, and nothing is cleared",
    async (text) => {
      const cache = await stocked();
      const reply = await createPurge<Request>(cache, { authorize })({ token: "t" }, query(text));
      expectPlain(reply, 400);
      expect(json(reply)).toEqual({ error: "namespace must be given once and not be empty, or not at all" });
      expect(await left(cache)).toHaveLength(5);
    },
  );

  test("503 when the backend is out of reach; the purge is carried out before it is trusted again", async () => {
    const backend = faultyBackend(memoryBackend({ maxEntries: 100 }));
    const cache = await stocked({ backend });
    backend.faults.advance.fail();
    const reply = await createPurge<Request>(cache, { authorize })({ token: "t" }, query("namespace=test"));
    expectPlain(reply, 503);
    expect(json(reply)).toEqual({ cleared: false, error: "INVALIDATION_PENDING" });
    backend.faults.heal();
    expect(await left(cache)).not.toContain("test");
  });

  test("503 when the cache is closed", async () => {
    const cache = await stocked();
    await cache.close();
    const reply = await createPurge<Request>(cache, { authorize })({ token: "t" }, query(""));
    expectPlain(reply, 503);
    expect(json(reply)).toEqual({ cleared: false, error: "CACHE_CLOSED" });
  });

  test("what authorize or tag throw is for the framework", async () => {
    const cache = await stocked();
    const fails = () => {
      throw new Error("mine");
    };
    await expect(createPurge<Request>(cache, { authorize: fails })({}, query(""))).rejects.toThrow("mine");
    const purge = createPurge<Request>(cache, { authorize, tag: fails });
    await expect(purge({ token: "t" }, query(""))).rejects.toThrow("mine");
  });

  test("soft leaves stale entries, which are not served as fresh", async () => {
    const events: object[] = [];
    const cache = await stocked({ onEvent: (event) => events.push(event) });
    await createPurge<Request>(cache, { authorize, soft: true })({ token: "t" }, query("namespace=test"));
    await createPurge<Request>(cache, { authorize, soft: true, tag: () => "a" })({ token: "t" }, query(""));
    expect(events.slice(-2)).toEqual([
      { type: "invalidate", kind: "soft", namespace: "test" },
      { type: "invalidate", kind: "soft", tags: ["a"] },
    ]);
  });

  test.each<[string, string, unknown]>([
    ["nothing", "options of purge", undefined],
    ["no authorize", "authorize", {}],
    ["authorize that is no function", "authorize", { authorize: true }],
    ["tag that is no function", "tag", { authorize, tag: "a" }],
    ["soft that is no boolean", "soft", { authorize, soft: "yes" }],
    ["a misspelt name", "authorise", { authorise: authorize }],
  ])("wrong options throw at once: %s", (_, option, options) => {
    const cache = createCache({ backend: memoryBackend({ maxEntries: 1 }) });
    expect(() => createPurge(cache, options as PurgeRouteOptions<Request>)).toThrow(
      expect.objectContaining({ code: "OPTION_INVALID", option }),
    );
  });

  test("so does something that is no cache", () => {
    expect(() => createPurge({} as Cache, { authorize })).toThrow(
      expect.objectContaining({ code: "OPTION_INVALID", option: "cache" }),
    );
  });
});
