import { type Cache, createCache } from "@cachette/core";
import { Redis } from "ioredis";
import { afterAll, describe, expect, inject, test } from "vitest";
import { memoryBackend } from "../../backend-memory/src/index.ts";
import { redisBackend } from "../src/index.ts";
import { removeAll, uniquePrefix } from "./support.ts";

const client = new Redis(inject("redisUrl"));
const prefix = uniquePrefix();

afterAll(async () => {
  await removeAll(client, prefix);
  client.disconnect();
});

const caches: [string, Cache][] = [
  ["memory", createCache({ backend: memoryBackend({ maxEntries: 1_000 }), prefix })],
  ["redis", createCache({ backend: redisBackend(client), prefix, deadline: "5s" })],
];

const cyclic: Record<string, unknown> = { name: "cycle" };
cyclic.self = cyclic;
const shared = { a: 1 };

const values: [string, unknown][] = [
  ["undefined", undefined],
  ["null", null],
  ["plain data", { a: [1, "ü", true, null, { b: -1.5e300 }] }],
  ["numbers JSON does not know", [-0, Number.NaN, Number.POSITIVE_INFINITY]],
  ["bigint", 2n ** 200n],
  ["a Date", new Date(86_400_000)],
  ["an invalid Date", new Date(Number.NaN)],
  ["a Map", new Map<unknown, unknown>([[{ k: 1 }, new Set([1, "1"])]])],
  ["a Set", new Set([new Date(1), undefined, null])],
  ["bytes", Uint8Array.of(0, 127, 128, 255)],
  ["typed arrays", { f: new Float64Array([1.5, Number.NaN]), b: new BigInt64Array([-1n]) }],
  ["an error", new RangeError("too far", { cause: new Error("because") })],
  ["an object without a prototype", Object.assign(Object.create(null), { a: 1 })],
  ["keys with a meaning to JavaScript", JSON.parse('{"__proto__":{"x":1},"constructor":2,"toString":3}')],
  ["a cycle", cyclic],
  ["one object twice", [shared, shared]],
  ["a sparse array", Object.assign(new Array(3), { 1: "b" })],
];

describe.each(caches)("values on %s", (_name, cache) => {
  test.each(values)("%s comes back as what it was", async (name, value) => {
    expect(await cache.set(name, value)).toBe(true);
    const fresh = await cache.getOrSet(name, () => Promise.reject(new Error("it is not there")));
    expect(fresh).toStrictEqual(value);
    if (typeof value === "object" && value !== null) expect(fresh).not.toBe(value);
  });

  test("identity within a value survives", async () => {
    const cycle = await cache.get<{ self: unknown }>("a cycle");
    expect(cycle?.self).toBe(cycle);
    const twice = await cache.get<unknown[]>("one object twice");
    expect(twice?.[0]).toBe(twice?.[1]);
  });
});

test.each(caches)("a namespace that is cleared leaves its neighbours alone on %s", async (_name, cache) => {
  const neighbours = ["test2", "te*t", "a:test", "test:x", "te?t", "[test]", "tes", "TEST"];
  const all = [...neighbours, "test"];
  for (const namespace of all) await cache.set("key", namespace, { namespace });
  await cache.set("key", "none");
  await cache.clear({ namespace: "test" });
  expect(await cache.get("key", { namespace: "test" })).toBeUndefined();
  expect(await cache.get("key")).toBe("none");
  for (const namespace of neighbours) expect(await cache.get("key", { namespace })).toBe(namespace);
  await cache.clear();
  for (const namespace of all) expect(await cache.get("key", { namespace })).toBeUndefined();
});
