import { describe, expect, test, vi } from "vitest";
import { counter, deferred, faultyRig, kinds, rig, settled } from "./kit.ts";

const many = <T>(times: number, call: () => T): T[] => Array.from({ length: times }, call);

describe.each(kinds)("staleWhileRevalidate, on %s", (kind) => {
  const options = { ttl: "1s", staleWhileRevalidate: "10s" } as const;

  test("fresh, stale with one load for a hundred callers, renewed, gone", async () => {
    const { cache, clock, told } = rig(kind);
    const gate = deferred<string>();
    const load = vi.fn(() => gate.promise);
    await cache.getOrSet("a", () => "old", options);
    await clock.advance(999);
    expect(await cache.getOrSet("a", load, options)).toBe("old");
    expect(load).not.toHaveBeenCalled();
    told();

    await clock.advance(1);
    expect(await Promise.all(many(100, () => cache.getOrSet("a", load, options)))).toEqual(many(100, () => "old"));
    expect(load).toHaveBeenCalledTimes(1);
    expect(told().filter((type) => type === "stale")).toHaveLength(100);
    expect(await cache.get("a")).toBeUndefined();

    gate.resolve("new");
    await settled();
    expect(await cache.getOrSet("a", load, options)).toBe("new");
    expect(load).toHaveBeenCalledTimes(1);

    await clock.advance("11s");
    expect(await cache.getOrSet("a", () => "newest", options)).toBe("newest");
  });

  test("a load that fails leaves the stale value, is told, and not tried again at once", async () => {
    const { cache, clock, told } = rig(kind);
    await cache.getOrSet("a", () => "old", options);
    await clock.advance("1s");
    told();
    const load = vi.fn(() => Promise.reject(new Error("down")));
    expect(await cache.getOrSet("a", load, options)).toBe("old");
    await settled();
    expect(told()).toEqual(["stale", "miss", "load-error"]);
    expect(await Promise.all(many(10, () => cache.getOrSet("a", load, options)))).toEqual(many(10, () => "old"));
    expect(load).toHaveBeenCalledTimes(1);
    await clock.advance("1s");
    expect(await cache.getOrSet("a", load, options)).toBe("old");
    expect(load).toHaveBeenCalledTimes(2);
  });

  test("a value that may stand in as well is counted once for each caller", async () => {
    const { cache, clock, told } = rig(kind);
    const both = { ...options, staleIfError: "1h" } as const;
    await cache.getOrSet("a", () => "old", both);
    await clock.advance("1s");
    told();
    expect(await cache.getOrSet("a", () => Promise.reject(new Error("down")), both)).toBe("old");
    await settled();
    expect(told()).toEqual(["stale", "miss", "load-error"]);
  });

  test("a wrapped function and one set by hand have it too", async () => {
    const { cache, clock } = rig(kind, options);
    const load = counter();
    const get = cache.wrap(load, { name: "get" });
    await get();
    await cache.set("a", "by hand");
    await clock.advance("5s");
    expect(await get()).toBe(1);
    expect(await cache.getOrSet("a", () => "loaded")).toBe("by hand");
    await settled();
    expect(await get()).toBe(2);
    expect(await cache.get("a")).toBe("loaded");
  });

  test("a purge ends it, and makes void what the load in the background gives", async () => {
    const { cache, clock } = rig(kind, { ...options, staleIfError: "1d" });
    const gate = deferred<string>();
    await cache.getOrSet("a", () => "old");
    await clock.advance("1s");
    expect(await cache.getOrSet("a", () => gate.promise)).toBe("old");
    await cache.clear();
    gate.resolve("from before");
    await settled();
    expect(await cache.getOrSet("a", () => "new")).toBe("new");
    await clock.advance("1s");
    await cache.delete("a");
    expect(await cache.getOrSet("a", () => "newest")).toBe("newest");
  });

  test("a soft purge begins it before its time", async () => {
    const { cache } = rig(kind);
    await cache.getOrSet("a", () => "old", options);
    await cache.clear({ soft: true });
    expect(await cache.getOrSet("a", () => "new", options)).toBe("old");
    await settled();
    expect(await cache.getOrSet("a", () => "newest", options)).toBe("new");
  });

  test("nothing is kept for it of what is not kept at all", async () => {
    const { cache } = rig(kind);
    const load = counter();
    expect(await cache.getOrSet("a", load, { ...options, ttl: 0 })).toBe(1);
    expect(await cache.getOrSet("a", load, { ...options, ttl: 0 })).toBe(2);
    expect(await cache.getOrSet("a", load, { ...options, ttl: () => 0 })).toBe(3);
    expect(await cache.getOrSet("a", load, options)).toBe(4);
  });
});

describe.each(kinds)("staleIfError, on %s", (kind) => {
  const options = { ttl: "1s", staleIfError: "10s" } as const;
  const failing = () => vi.fn(() => Promise.reject(new Error("down")));

  test("the value stands in for an error, and no more is tried for a second", async () => {
    const { cache, clock, told } = rig(kind);
    await cache.getOrSet("a", () => "old", options);
    await clock.advance("5s");
    told();
    const load = failing();
    expect(await Promise.all(many(20, () => cache.getOrSet("a", load, options)))).toEqual(many(20, () => "old"));
    expect(load).toHaveBeenCalledTimes(1);
    expect(told()).toEqual(expect.arrayContaining(["load-error", "stale"]));
    await clock.advance(999);
    expect(await cache.getOrSet("a", load, options)).toBe("old");
    expect(load).toHaveBeenCalledTimes(1);
    await clock.advance(1);
    expect(await cache.getOrSet("a", load, options)).toBe("old");
    expect(load).toHaveBeenCalledTimes(2);
    await clock.advance("1s");
    expect(await cache.getOrSet("a", () => "new", options)).toBe("new");
  });

  test("without an error, the value is waited for", async () => {
    const { cache, clock } = rig(kind);
    await cache.getOrSet("a", () => "old", options);
    await clock.advance("5s");
    expect(await cache.getOrSet("a", () => "new", options)).toBe("new");
  });

  test("after its time, the error is", async () => {
    const { cache, clock } = rig(kind);
    await cache.getOrSet("a", () => "old", options);
    await clock.advance("10s");
    expect(await cache.getOrSet("a", failing(), options)).toBe("old");
    await clock.advance("1s");
    await expect(cache.getOrSet("a", failing(), options)).rejects.toThrow("down");
  });

  test.each<[string, (cache: ReturnType<typeof rig>["cache"]) => Promise<unknown>]>([
    ["clear", (cache) => cache.clear()],
    ["delete", (cache) => cache.delete("a")],
  ])("nothing stands in after %s", async (_what, purge) => {
    const { cache, clock } = rig(kind);
    await cache.getOrSet("a", () => "old", options);
    await clock.advance("5s");
    expect(await cache.getOrSet("a", failing(), options)).toBe("old");
    await purge(cache);
    await expect(cache.getOrSet("a", failing(), options)).rejects.toThrow("down");
  });

  test("a value that was put in by hand ends the rest", async () => {
    const { cache, clock } = rig(kind);
    await cache.getOrSet("a", () => "old", options);
    await clock.advance("5s");
    expect(await cache.getOrSet("a", failing(), options)).toBe("old");
    await cache.set("a", "by hand", { ttl: 100 });
    await clock.advance(100);
    expect(await cache.getOrSet("a", () => "new", options)).toBe("new");
  });
});

test("with the backend gone there is no stale value, and the load's own error comes", async () => {
  const { cache, clock, faults } = faultyRig();
  const options = { ttl: "1s", staleWhileRevalidate: "10s", staleIfError: "10s" } as const;
  await cache.getOrSet("a", () => "old", options);
  await clock.advance("2s");
  faults.get.fail();
  expect(await cache.getOrSet("a", () => "new", options)).toBe("new");
  await expect(cache.getOrSet("a", () => Promise.reject(new Error("down")), options)).rejects.toThrow("down");
});

describe.each(kinds)("jitter, on %s", (kind) => {
  test("what was stored together does not expire together", async () => {
    const drawn = [0, 0.5, 0.99];
    let draw = 0;
    const { cache, clock } = rig(kind, { ttl: "100s", jitter: 0.1, random: () => drawn[draw++] ?? 0 });
    await cache.set("a", 1);
    await cache.getOrSet("b", () => 2);
    await cache.wrap(async () => 3, { name: "c" })();
    expect(draw).toBe(3);
    const present = () => cache.getMany(["a", "b", "c()"]);
    await clock.advance("90.099s");
    expect(await present()).toEqual([1, 2, 3]);
    await clock.advance(1);
    expect(await present()).toEqual([1, 2, undefined]);
    await clock.advance("4.9s");
    expect(await present()).toEqual([1, undefined, undefined]);
    await clock.advance("4.999s");
    expect(await present()).toEqual([1, undefined, undefined]);
    await clock.advance(1);
    expect(await present()).toEqual([undefined, undefined, undefined]);
  });

  test("what is stale is stale for as long as ever", async () => {
    const { cache, clock } = rig(kind, { random: () => 0.5 });
    const options = { ttl: "10s", jitter: 1, staleIfError: "10s" } as const;
    const down = () => Promise.reject(new Error("down"));
    await cache.getOrSet("a", () => "old", options);
    await clock.advance("14.999s");
    expect(await cache.getOrSet("a", down, options)).toBe("old");
    await clock.advance(1);
    await expect(cache.getOrSet("a", down, options)).rejects.toThrow("down");
  });
});

describe.each(kinds)("earlyRefresh, on %s", (kind) => {
  /** A value that took `took` milliseconds to load, and what is drawn from then on. */
  async function stored(took: number, drawn: () => number) {
    const { cache, clock, told } = rig(kind, { ttl: "10s", random: () => drawn() });
    const gate = deferred<string>();
    const first = cache.getOrSet("a", () => gate.promise, { earlyRefresh: true });
    await clock.advance(took);
    gate.resolve("old");
    await first;
    told();
    return { cache, clock, told };
  }

  test("a hit near the end of its time is served at once, and one load begins in the background", async () => {
    // With this draw, a value is renewed one time of its load before its end.
    const { cache, clock, told } = await stored(2_000, () => 1 - Math.exp(-1));
    const gate = deferred<string>();
    const load = vi.fn(() => gate.promise);
    const get = () => cache.getOrSet("a", load, { earlyRefresh: true });
    await clock.advance(7_999);
    expect(await get()).toBe("old");
    expect(load).not.toHaveBeenCalled();
    await clock.advance(1);
    expect(await Promise.all(many(20, get))).toEqual(many(20, () => "old"));
    expect(load).toHaveBeenCalledTimes(1);
    expect(told().filter((type) => type !== "hit")).toEqual(["miss"]);
    gate.resolve("new");
    await settled();
    expect(await cache.get("a")).toBe("new");
    expect(cache.counters()).toMatchObject({ stale: 0, loads: 2 });
  });

  test("beta sets how early, and chance is asked once a hit, and only where it was asked for", async () => {
    const draw = vi.fn(() => 1 - Math.exp(-1));
    const { cache, clock } = await stored(2_000, draw);
    const load = vi.fn(async () => "new");
    await clock.advance(4_000);
    draw.mockClear();
    for (const earlyRefresh of [false, { beta: 2 }, true] as const) await cache.getOrSet("a", load, { earlyRefresh });
    expect(draw).toHaveBeenCalledTimes(2);
    expect(load).not.toHaveBeenCalled();
    await cache.getOrSet("a", load, { earlyRefresh: { beta: 3 } });
    expect(load).toHaveBeenCalledTimes(1);
  });

  test("one that fails leaves the value, and is not tried again at once", async () => {
    const { cache, clock, told } = await stored(2_000, () => 0.999);
    const load = vi.fn(() => Promise.reject(new Error("down")));
    const get = () => cache.getOrSet("a", load, { earlyRefresh: true });
    expect(await get()).toBe("old");
    await settled();
    expect(told()).toEqual(["hit", "miss", "load-error"]);
    expect(await get()).toBe("old");
    expect(load).toHaveBeenCalledTimes(1);
    await clock.advance("1s");
    expect(await get()).toBe("old");
    expect(load).toHaveBeenCalledTimes(2);
  });

  test("a purge meanwhile makes void what it gives", async () => {
    const { cache } = await stored(2_000, () => 0.999);
    const gate = deferred<string>();
    expect(await cache.getOrSet("a", () => gate.promise, { earlyRefresh: true })).toBe("old");
    await cache.clear();
    gate.resolve("from before");
    await settled();
    expect(await cache.get("a")).toBeUndefined();
    expect(await cache.getOrSet("a", () => "new")).toBe("new");
  });
});
