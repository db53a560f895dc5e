import { describe, expect, test, vi } from "vitest";
import { memoryBackend } from "../../backend-memory/src/index.ts";
import { manualClock } from "../../testing/src/index.ts";
import type { CacheEvent } from "../src/index.ts";
import { createCache } from "../src/index.ts";
import { counter, deferred, faultyRig, kinds, rig, settled } from "./kit.ts";

const key = "cachette::a";

/** An event in a line. */
function line(event: CacheEvent): string {
  const { type, ...rest } = event;
  const facts = Object.entries(rest).map(([name, value]) => {
    if (value instanceof Error) return `${name}=${"code" in value ? value.code : value.message}`;
    return `${name}=${typeof value === "object" ? JSON.stringify(value) : value}`;
  });
  return [type, ...facts].join(" ");
}

describe("events come in the order in which things happen", () => {
  test("a miss, a hit, a purge, a delete", async () => {
    const { cache, clock, events } = rig("memory");
    const load = async () => {
      await clock.advance(30);
      return "x";
    };
    const options = { ttl: "10s", tags: ["t"], namespace: "n" } as const;
    await cache.getOrSet("a", load, options);
    await cache.getOrSet("a", load, options);
    await cache.invalidateTags(["t"]);
    await cache.get("a", { namespace: "n" });
    await cache.set("a", "y", { namespace: "n" });
    await cache.delete("a", { namespace: "n" });
    await cache.clear({ namespace: "n" });
    await cache.clear({ soft: true });
    expect(events.map(line)).toEqual([
      "miss key=cachette:n:a",
      "load key=cachette:n:a duration=30",
      "store key=cachette:n:a ttl=10000 size=215",
      "hit key=cachette:n:a",
      'invalidate kind=hard tags=["t"]',
      "miss key=cachette:n:a",
      "store key=cachette:n:a ttl=60000 size=215",
      "delete key=cachette:n:a",
      "invalidate kind=hard namespace=n",
      "invalidate kind=soft",
    ]);
  });

  test("a load that fails, and one that others wait for", async () => {
    const { cache, events } = rig("memory");
    await cache.getOrSet("a", () => Promise.reject(new Error("no"))).catch(() => {});
    await Promise.all([cache.getOrSet("a", settled), cache.getOrSet("a", settled), cache.getOrSet("a", settled)]);
    expect(events.map(line).map((text) => text.replace(/ size=\d+/, ""))).toEqual([
      `miss key=${key}`,
      `load-error key=${key} duration=0 error=no`,
      `miss key=${key}`,
      `load key=${key} duration=0`,
      `store key=${key} ttl=60000`,
    ]);
  });

  test("a backend that goes away and comes back", async () => {
    const { cache, clock, events, faults } = faultyRig({ breaker: { threshold: 2, pause: "1s" } });
    const load = counter();
    faults.fail(new Error("gone"));
    for (let time = 0; time < 3; time++) await cache.getOrSet("a", load);
    await cache.clear().catch(() => {});
    faults.heal();
    await clock.advance("1s");
    await cache.getOrSet("a", load);
    await settled();
    const failed = "error=BACKEND_FAILED";
    expect(events.map(line).map((text) => text.replace(/ size=\d+/, ""))).toEqual([
      `backend-error operation=get key=${key} ${failed}`,
      `miss key=${key}`,
      `load key=${key} duration=0`,
      "breaker state=open",
      `backend-error operation=get key=${key} ${failed}`,
      `miss key=${key}`,
      `load key=${key} duration=0`,
      `miss key=${key}`,
      `load key=${key} duration=0`,
      `backend-error operation=invalidate ${failed}`,
      "breaker state=half-open",
      "breaker state=closed",
      `miss key=${key}`,
      `load key=${key} duration=0`,
      `store key=${key} ttl=60000`,
    ]);
  });

  test.each(kinds)("and hold no values (on %s)", async (kind) => {
    const { cache, events } = rig(kind);
    const secret = "a secret that is nobody's business";
    await cache.getOrSet("a", () => ({ secret }));
    await cache.get("a");
    await cache.set("b", { secret, run: () => secret });
    await cache.set("a", secret, { shared: true });
    await cache.delete("a");
    expect(events.length).toBeGreaterThan(5);
    expect(events.map(line).join()).not.toContain("secret");
  });
});

describe("a listener", () => {
  test("that throws breaks nothing", async () => {
    const onEvent = vi.fn(() => {
      throw new Error("the listener's own");
    });
    for (const kind of kinds) {
      const { cache } = rig(kind, { onEvent });
      const load = counter();
      expect([await cache.getOrSet("a", load), await cache.getOrSet("a", load)]).toEqual([1, 1]);
      await cache.clear();
      await expect(cache.getOrSet("b", () => Promise.reject(new Error("no")))).rejects.toThrow("no");
      await cache.close();
    }
    expect(onEvent.mock.calls.length).toBeGreaterThan(10);
  });

  test("that rejects does not bring the process down", async () => {
    const unhandled = vi.fn();
    process.on("unhandledRejection", unhandled);
    try {
      const { cache } = rig("memory", { onEvent: async () => Promise.reject(new Error("the listener's own")) });
      await cache.getOrSet("a", () => 1);
      await settled();
      await settled();
      expect(unhandled).not.toHaveBeenCalled();
    } finally {
      process.off("unhandledRejection", unhandled);
    }
  });

  test("may use the cache", async () => {
    const events: string[] = [];
    const cache = createCache({
      backend: memoryBackend({ maxEntries: 10 }),
      onEvent({ type }) {
        events.push(type);
        if (type === "store") cache.clear();
      },
    });
    const load = counter();
    expect([await cache.getOrSet("a", load), await cache.getOrSet("a", load)]).toEqual([1, 2]);
    expect(events).toContain("invalidate");
  });
});

describe("counters", () => {
  const zero = {
    hits: 0,
    misses: 0,
    stale: 0,
    bypasses: {},
    loads: 0,
    loadErrors: 0,
    loadTime: 0,
    shared: 0,
    stores: 0,
    refusals: {},
    deletes: 0,
    invalidations: 0,
    backendErrors: 0,
    decodeErrors: 0,
    encodeErrors: 0,
  };

  test("are all there from the beginning, without a listener too", () => {
    expect(createCache({ backend: memoryBackend({ maxEntries: 1 }) }).counters()).toEqual(zero);
  });

  test("add up what happens", async () => {
    const { cache, clock } = rig("memory");
    const load = async () => {
      await clock.advance(25);
      return 1;
    };
    await Promise.all([cache.getOrSet("a", load), cache.getOrSet("a", load)]);
    await cache.getOrSet("a", load);
    await cache.get("a");
    await cache.get("b");
    await cache.getOrSet("c", () => Promise.reject(new Error("no"))).catch(() => {});
    await cache.getOrSet("d", () => () => {});
    await cache.set("e", 1);
    await cache.delete("e");
    await cache.clear();
    await cache.invalidateTags(["t", "u"], { soft: true });
    expect(cache.counters()).toEqual({
      ...zero,
      hits: 2,
      misses: 4,
      loads: 3,
      loadErrors: 1,
      loadTime: 25,
      shared: 1,
      stores: 2,
      deletes: 1,
      invalidations: 2,
      encodeErrors: 1,
    });
  });

  test("are a snapshot", async () => {
    const { cache } = rig("memory");
    const before = cache.counters();
    await cache.get("a");
    expect([before.misses, cache.counters().misses]).toEqual([0, 1]);
  });

  test("count loads by how long they took, by the cache's own clock", async () => {
    const clock = manualClock();
    const cache = createCache({ backend: memoryBackend({ maxEntries: 10, clock }), clock });
    const gate = deferred<number>();
    const value = cache.getOrSet("a", () => gate.promise);
    await clock.advance(1_234);
    gate.resolve(1);
    await value;
    expect(cache.counters().loadTime).toBe(1_234);
  });
});

describe("the switch", () => {
  test.each(kinds)("off: everything is computed, nothing read or stored (on %s)", async (kind) => {
    const { cache, events } = rig(kind, { enabled: false });
    const load = counter();
    const get = cache.wrap(load, { name: "get" });
    expect([await cache.getOrSet("a", load), await get(), await get.refresh()]).toEqual([1, 2, 3]);
    expect([await cache.get("a"), await cache.set("a", 1)]).toEqual([undefined, false]);
    await expect(
      cache.getOrSet("a", () => {
        throw new Error("no");
      }),
    ).rejects.toThrow("no");
    await cache.clear();
    expect(events.map(({ type }) => type)).toEqual(["invalidate"]);
  });

  test("a function is asked each time", async () => {
    let enabled = true;
    const { cache } = rig("memory", { enabled: () => enabled });
    const load = counter();
    const get = cache.wrap(load, { name: "get" });
    expect([await cache.getOrSet("a", load), await get()]).toEqual([1, 2]);
    enabled = false;
    expect([await cache.getOrSet("a", load), await get(), await cache.get("a")]).toEqual([3, 4, undefined]);
    enabled = true;
    expect([await cache.getOrSet("a", load), await get(), await cache.get("a")]).toEqual([1, 2, 1]);
  });

  test("a function that throws gives a rejection, wherever it is asked", async () => {
    const error = new Error("no");
    const { cache } = rig("memory", {
      enabled: () => {
        throw error;
      },
    });
    const get = cache.wrap(async () => 1, { name: "get" });
    for (const call of [
      () => cache.getOrSet("a", () => 1),
      () => cache.get("a"),
      () => cache.set("a", 1),
      () => get(),
      () => get.refresh(),
    ]) {
      await expect(call()).rejects.toBe(error);
    }
  });

  test("off, this and arguments still reach the function", async () => {
    const { cache } = rig("memory", { enabled: false });
    const object = {
      factor: 2,
      times: cache.wrap(
        async function times(this: { factor: number }, n: number) {
          return this.factor * n;
        },
        { name: "times" },
      ),
    };
    expect(await object.times(21)).toBe(42);
  });
});
