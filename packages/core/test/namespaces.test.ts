import fc from "fast-check";
import { expect, test } from "vitest";
import { memoryBackend } from "../../backend-memory/src/index.ts";
import { manualClock } from "../../testing/src/index.ts";
import { createCache } from "../src/index.ts";
import { byteBackend, kinds, rig } from "./kit.ts";

const awkward = [
  "test",
  "test2",
  "te*t",
  "a:test",
  "test:x",
  "tes?",
  "[test]",
  "te",
  "TEST",
  "test ",
  "%74est",
  "{test}",
  "tést",
];

test.each(kinds)("on %s, a namespace that is cleared leaves those alone that look like it", async (kind) => {
  for (const cleared of [...awkward, undefined]) {
    const { cache } = rig(kind);
    for (const namespace of awkward) await cache.set("a", namespace, { namespace });
    await cache.set("a", "none");
    await cache.set("test:a", "none");
    await (cleared === undefined ? cache.clear() : cache.clear({ namespace: cleared }));
    for (const namespace of awkward) {
      const gone = cleared === undefined || cleared === namespace;
      expect(await cache.get("a", { namespace })).toBe(gone ? undefined : namespace);
    }
    const none = cleared === undefined ? undefined : "none";
    expect([await cache.get("a"), await cache.get("test:a")]).toEqual([none, none]);
  }
});

const text = fc.oneof(
  fc.string({
    minLength: 1,
    maxLength: 4,
    unit: fc.constantFrom("a", "b", ":", "%", "*", "?", " ", "{", "}", "\u0000", "é"),
  }),
  fc.string({ minLength: 1, maxLength: 8, unit: "binary" }),
  fc.string({ minLength: 230, maxLength: 260, unit: fc.constantFrom("a", "b") }),
);

test("any prefixes, namespaces and keys are kept apart, and a purge reaches what it names and nothing else", async () => {
  const place = fc.record({ prefix: text, namespace: fc.option(text, { nil: undefined }), key: text });
  await fc.assert(
    fc.asyncProperty(
      fc.uniqueArray(place, { minLength: 2, maxLength: 8, selector: (each) => JSON.stringify(each) }),
      fc.nat(7),
      fc.constantFrom("namespace", "cache", "key"),
      fc.boolean(),
      async (places, index, what, bytes) => {
        const backend = bytes ? byteBackend() : memoryBackend({ maxEntries: 100 });
        const caches = new Map(places.map(({ prefix }) => [prefix, createCache({ backend, prefix })]));
        const viewOf = ({ prefix, namespace }: (typeof places)[number]) => {
          const cache = caches.get(prefix);
          if (cache === undefined) throw new Error("no cache");
          return namespace === undefined ? cache : cache.namespace(namespace);
        };
        for (const [number, each] of places.entries()) await viewOf(each).set(each.key, number);
        const chosen = places[index % places.length] as (typeof places)[number];
        if (what === "key") await viewOf(chosen).delete(chosen.key);
        else if (what === "cache") await caches.get(chosen.prefix)?.clear();
        else await viewOf(chosen).clear();
        for (const [number, each] of places.entries()) {
          const samePrefix = each.prefix === chosen.prefix;
          const wide = what === "cache" || (what === "namespace" && chosen.namespace === undefined);
          const gone = what === "key" ? each === chosen : samePrefix && (wide || each.namespace === chosen.namespace);
          expect(await viewOf(each).get(each.key)).toBe(gone ? undefined : number);
        }
      },
    ),
    { numRuns: 500 },
  );
});

test("caches with different prefixes on one backend know nothing of each other", async () => {
  const clock = manualClock();
  const backend = memoryBackend({ maxEntries: 100, clock });
  const [one, other] = ["one", "other"].map((prefix) => createCache({ backend, prefix, clock }));
  if (one === undefined || other === undefined) throw new Error("no caches");
  for (const cache of [one, other]) {
    await cache.set("a", 1, { tags: ["t"], namespace: "n" });
    await cache.set("b", 1);
  }
  await one.invalidateTags(["t"]);
  await one.clear({ namespace: "n" });
  await one.delete("b");
  await one.clear();
  expect([await one.get("a", { namespace: "n" }), await one.get("b")]).toEqual([undefined, undefined]);
  expect([await other.get("a", { namespace: "n" }), await other.get("b")]).toEqual([1, 1]);
});

test("caches with the same prefix on one backend share entries and purges", async () => {
  const backend = byteBackend();
  const [one, other] = [createCache({ backend }), createCache({ backend })];
  await one.set("a", 1, { tags: ["t"] });
  expect(await other.get("a")).toBe(1);
  await other.invalidateTags(["t"]);
  expect(await one.get("a")).toBeUndefined();
  await other.set("a", 2);
  await one.clear();
  expect(await other.get("a")).toBeUndefined();
});

test.each([[""], [null], [1], [{}]])(
  "the namespace %o is refused wherever one is taken, and nothing happens",
  async (wrong) => {
    const { cache } = rig();
    const namespace = wrong as string;
    const refused = expect.objectContaining({ code: "OPTION_INVALID", option: "namespace" });
    await cache.set("a", 1);
    expect(() => cache.namespace(namespace)).toThrow(refused);
    expect(() => cache.wrap(async () => 1, { name: "f", namespace })).toThrow(refused);
    for (const call of [
      cache.clear({ namespace }),
      cache.delete("a", { namespace }),
      cache.get("a", { namespace }),
      cache.set("a", 2, { namespace }),
      cache.getOrSet("a", () => 2, { namespace }),
    ]) {
      await expect(call).rejects.toEqual(refused);
    }
    expect(await cache.get("a")).toBe(1);
  },
);
