import { describe, expect, test, vi } from "vitest";
import type { LoadContext } from "../src/index.ts";
import { counter, kinds, rig, settled } from "./kit.ts";

describe.each(kinds)("what a load is handed, on %s", (kind) => {
  test("its key, as it was given", async () => {
    const { cache } = rig(kind, { prefix: "p" });
    expect(await cache.namespace("n").getOrSet("a", ({ key }) => key)).toBe("a");
    expect(await rig(kind, { enabled: false }).cache.getOrSet("a", ({ key }) => key)).toBe("a");
  });

  test("how long the value is fresh, to be changed", async () => {
    const { cache, clock } = rig(kind, { ttl: "10s" });
    const load = vi.fn((context: LoadContext) => {
      const before = context.ttl;
      context.ttl = "1m";
      return [before, context.ttl];
    });
    expect(await cache.getOrSet("a", load)).toEqual([10_000, 60_000]);
    expect(await cache.getOrSet("b", load, { ttl: "5s" })).toEqual([5_000, 60_000]);
    expect(await cache.getOrSet("c", load, { ttl: () => "5s" })).toEqual([10_000, 60_000]);
    await clock.advance(59_999);
    for (const key of ["a", "b", "c"]) expect(await cache.get(key)).toBeDefined();
    await clock.advance(1);
    for (const key of ["a", "b", "c"]) expect(await cache.get(key)).toBeUndefined();
  });

  test("its tags, in addition to those of the options", async () => {
    const { cache } = rig(kind);
    const load = (context: LoadContext) => {
      context.tags = [...context.tags, "own"];
      return 1;
    };
    for (const tag of ["own", "fixed"]) {
      await cache.getOrSet("a", load, { tags: ["fixed"] });
      await cache.invalidateTags([tag]);
      expect(await cache.get("a")).toBeUndefined();
    }
    for (const tag of ["own", "1"]) {
      await cache.getOrSet("a", load, { tags: (value) => [String(value)] });
      await cache.invalidateTags([tag]);
      expect(await cache.get("a")).toBeUndefined();
    }
  });

  test("that it is not to be stored", async () => {
    const { cache, told } = rig(kind, { staleWhileRevalidate: "1h", staleIfError: "1h" });
    const load = vi.fn(async (context: LoadContext) => {
      context.skip();
      return 1;
    });
    expect(await Promise.all([cache.getOrSet("a", load), cache.getOrSet("a", load)])).toEqual([1, 1]);
    expect(load).toHaveBeenCalledTimes(1);
    expect(told()).toEqual(["miss", "refuse", "load"]);
    expect(cache.counters()).toMatchObject({ stores: 0, refusals: { skip: 1 } });
    expect(await cache.getOrSet("a", () => 2)).toBe(2);
  });

  test("the value from before, as long as it is there", async () => {
    const { cache, clock } = rig(kind, { ttl: "1s", staleIfError: "10s" });
    const seen: unknown[] = [];
    const load = async (context: LoadContext) => {
      const before = context.previous<{ n: number }>();
      seen.push(before);
      if (before !== undefined) before.n++;
      return { n: (context.previous<{ n: number }>()?.n ?? 0) + 10 };
    };
    expect(await cache.getOrSet("a", load)).toEqual({ n: 10 });
    await clock.advance("1s");
    expect(await cache.getOrSet("a", load)).toEqual({ n: 20 });
    await clock.advance("1s");
    await cache.clear();
    expect(await cache.getOrSet("a", load)).toEqual({ n: 10 });
    await clock.advance("11s");
    expect(await cache.getOrSet("a", load)).toEqual({ n: 10 });
    expect(seen).toEqual([undefined, { n: 11 }, undefined, undefined]);
  });

  test("a wrong ttl or tag is refused where it is assigned", async () => {
    const { cache } = rig(kind);
    const wrong: [string, (context: LoadContext) => void][] = [
      ["ttl", (context) => Object.assign(context, { ttl: "soon" })],
      ["ttl", (context) => Object.assign(context, { ttl: -1 })],
      ["tags", (context) => Object.assign(context, { tags: "a" })],
      ["tags", (context) => Object.assign(context, { tags: [""] })],
    ];
    for (const [option, load] of wrong) {
      await expect(cache.getOrSet("a", load)).rejects.toMatchObject({ code: "OPTION_INVALID", option });
    }
  });
});

describe.each(kinds)("what the result decides, on %s", (kind) => {
  test("ttl, from the result and the arguments", async () => {
    const { cache, clock } = rig(kind);
    const load = vi.fn(async (id: number) => ({ id }));
    const get = cache.wrap(load, { name: "get", ttl: ({ id }, argument) => (id + argument) * 1_000 });
    await get(1);
    await get(2);
    await clock.advance(1_999);
    await get(1);
    expect(load).toHaveBeenCalledTimes(2);
    await clock.advance(1);
    await get(1);
    await get(2);
    expect(load).toHaveBeenCalledTimes(3);
    const value = counter();
    await cache.getOrSet("a", value, { ttl: (n) => n * 1_000 });
    await clock.advance(999);
    expect(await cache.getOrSet("a", value)).toBe(1);
    await clock.advance(1);
    expect(await cache.getOrSet("a", value)).toBe(2);
  });

  test("whether it is stored", async () => {
    const { cache } = rig(kind);
    const load = counter();
    const options = { name: "get", storeIf: (result: number, ..._args: []) => result > 2 };
    const get = cache.wrap(load, options);
    expect([await get(), await get(), await get(), await get(), await get()]).toEqual([1, 2, 3, 3, 3]);
    const value = counter();
    const storeIf = (result: number) => result > 1;
    expect(await cache.getOrSet("a", value, { storeIf })).toBe(1);
    expect(await cache.getOrSet("a", value, { storeIf })).toBe(2);
    expect(await cache.getOrSet("a", value, { storeIf })).toBe(2);
  });

  test("what is not stored takes away what was there: also by a refresh, early or late", async () => {
    const { cache, clock } = rig(kind, { staleWhileRevalidate: "1h" });
    let keep = true;
    const load = counter();
    const get = cache.wrap(load, { name: "get", ttl: "1s", storeIf: () => keep });
    await get();
    keep = false;
    expect(await get.refresh()).toBe(2);
    expect(await get()).toBe(3);
    keep = true;
    expect(await get()).toBe(4);
    keep = false;
    await clock.advance("1s");
    expect(await get()).toBe(4);
    await settled();
    expect(await get()).toBe(6);
  });

  test.each<[string, object]>([
    ["ttl", { ttl: () => "soon" }],
    ["ttl", { ttl: async () => "1s" }],
    ["storeIf", { storeIf: async () => true }],
    ["storeIf", { storeIf: () => 1 }],
    ["tags", { tags: () => "a" }],
  ])("a wrong %s (%o) costs the entry, not the value", async (option, options) => {
    const { cache, events } = rig(kind);
    expect(await cache.getOrSet("a", () => 1, options)).toBe(1);
    expect(await cache.get("a")).toBeUndefined();
    expect(events).toContainEqual({
      type: "encode-error",
      key: "cachette::a",
      error: expect.objectContaining({ code: "OPTION_INVALID", option }),
    });
  });
});
