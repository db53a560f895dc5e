import { describe, expect, test, vi } from "vitest";
import { memoryBackend } from "../../backend-memory/src/index.ts";
import { faultyBackend, type ManualClock, manualClock } from "../../testing/src/index.ts";
import type { Backend, Cache, CacheOptions, ObjectBackend, Versions } from "../src/index.ts";
import { createCache } from "../src/index.ts";
import { counter, deferred, type FaultyRig, faultyRig, settled } from "./kit.ts";

const failed = new Error("ECONNREFUSED");
const pending = expect.objectContaining({ code: "INVALIDATION_PENDING" });

/** How many milliseconds pass until `task` is through, at most `limit`. */
async function timeOf(clock: ManualClock, task: Promise<unknown>, limit = 10_000): Promise<number> {
  let over = false;
  task.then(
    () => {
      over = true;
    },
    () => {
      over = true;
    },
  );
  for (let passed = 0; passed <= limit; passed++) {
    await settled();
    if (over) return passed;
    await clock.advance(1);
  }
  return Number.POSITIVE_INFINITY;
}

describe("a read", () => {
  test("that fails is a miss and an event, and what is loaded then is not stored", async () => {
    const { cache, faults, told, events } = faultyRig();
    await cache.set("a", "stored");
    told();
    faults.get.fail(failed);
    expect(await cache.getOrSet("a", () => "loaded")).toBe("loaded");
    expect(events[0]).toMatchObject({
      type: "backend-error",
      operation: "get",
      key: "cachette::a",
      error: { code: "BACKEND_FAILED", cause: failed },
    });
    expect(told()).toEqual(["backend-error", "miss", "load"]);
    expect(faults.set.calls).toBe(1);
    expect(await cache.get("a")).toBeUndefined();
    faults.heal();
    expect(await cache.get("a")).toBe("stored");
  });

  test("of labels that fails is the same", async () => {
    const { cache, faults, told } = faultyRig();
    await cache.set("a", "stored");
    told();
    faults.read.fail(failed);
    expect(await cache.getOrSet("a", () => "loaded")).toBe("loaded");
    expect(told()).toEqual(["backend-error", "miss", "load"]);
    expect(cache.counters()).toMatchObject({ backendErrors: 1, misses: 1, loads: 1 });
  });

  test.each(["get", "read"] as const)(
    "whose %s hangs keeps the load waiting for the deadline, and no longer",
    async (call) => {
      const { cache, faults, clock, events } = faultyRig();
      faults[call].hang();
      const load = counter();
      const value = cache.getOrSet("a", load);
      await clock.advance(199);
      expect(load.runs).toBe(0);
      await clock.advance(1);
      expect(load.runs).toBe(1);
      expect(await value).toBe(1);
      expect(events[0]).toMatchObject({ type: "backend-error", operation: "get", error: { code: "BACKEND_TIMEOUT" } });
    },
  );

  test("that is slow, but in time, is a hit", async () => {
    const { cache, faults, clock } = faultyRig();
    await cache.set("a", "stored");
    faults.delay(150);
    const value = cache.getOrSet("a", () => "loaded");
    expect(await timeOf(clock, value)).toBe(150);
    expect(await value).toBe("stored");
  });

  test("has one deadline for all that it takes", async () => {
    const { cache, faults, clock } = faultyRig();
    await cache.getOrSet("a", () => "stored", { tags: () => ["t"] });
    faults.delay(150);
    const load = counter();
    // Entry and usual labels come after 150 ms, the labels that only the entry knows would come after 300.
    expect(await timeOf(clock, cache.getOrSet("a", load, { tags: () => ["t"] }))).toBe(200);
    expect(load.runs).toBe(1);
  });

  test("has no deadline where that is Infinity", async () => {
    const { cache, faults, clock } = faultyRig({ deadline: Number.POSITIVE_INFINITY, ttl: "1h" });
    await cache.set("a", "stored");
    faults.get.delay(100_000);
    const value = cache.get("a");
    await clock.advance(100_000);
    expect(await value).toBe("stored");
  });

  test("by get is no more patient", async () => {
    const { cache, faults, clock } = faultyRig();
    faults.get.hang();
    expect(await timeOf(clock, cache.get("a"))).toBe(200);
  });

  test("before a refresh has the same deadline, debts included", async () => {
    const { cache, faults, clock } = faultyRig();
    faults.hang();
    await Promise.all([expect(cache.clear()).rejects.toEqual(pending), clock.advance(200)]);
    const load = counter();
    const get = cache.wrap(load, { name: "get" });
    expect(await timeOf(clock, get.refresh())).toBe(200);
    expect(await timeOf(clock, get())).toBe(200);
    expect(load.runs).toBe(2);
  });

  test("of a key with a write that hangs has the same deadline too", async () => {
    const { cache, faults, clock } = faultyRig();
    faults.set.hang();
    await cache.getOrSet("a", () => "a");
    await clock.advance(10);
    expect(await timeOf(clock, cache.set("a", "set"))).toBeLessThanOrEqual(400);
    expect(
      await timeOf(
        clock,
        cache.getOrSet("a", () => "b"),
      ),
    ).toBeLessThanOrEqual(200);
  });

  test("by many at once costs one load all the same", async () => {
    for (const fault of ["fail", "hang"] as const) {
      const { cache, faults, clock } = faultyRig();
      faults[fault]();
      const gate = deferred<void>();
      const load = vi.fn(async () => {
        await gate.promise;
        return "loaded";
      });
      const calls = Array.from({ length: 100 }, () => cache.getOrSet("a", load));
      await clock.advance(200);
      const later = Array.from({ length: 100 }, () => cache.getOrSet("a", load));
      await clock.advance(200);
      gate.resolve();
      expect(new Set(await Promise.all([...calls, ...later]))).toEqual(new Set(["loaded"]));
      expect(load).toHaveBeenCalledTimes(1);
    }
  });
});

describe("the breaker", () => {
  const options: Partial<CacheOptions> = { breaker: { threshold: 3, pause: "1s" } };

  test("stops calling what fails, tries with one call, and trusts again when that works", async () => {
    const { cache, faults, clock, events } = faultyRig(options);
    const load = counter();
    await cache.set("a", 0);
    faults.fail(failed);
    for (let time = 0; time < 3; time++) await cache.getOrSet("a", load);
    const calls = () => faults.get.calls;
    const before = calls();
    for (let time = 0; time < 20; time++) await cache.getOrSet("a", load);
    await Promise.all(Array.from({ length: 20 }, (_, index) => cache.getOrSet(`${index}`, load)));
    expect(calls()).toBe(before);

    await clock.advance(999);
    await cache.getOrSet("a", load);
    expect(calls()).toBe(before);
    await clock.advance(1);
    await Promise.all(Array.from({ length: 20 }, () => cache.getOrSet("a", load)));
    expect(calls()).toBe(before + 1);

    faults.heal();
    await clock.advance(1_000);
    const runs = load.runs;
    expect(await cache.getOrSet("a", load)).toBe(0);
    expect(load.runs).toBe(runs);
    expect(events.filter(({ type }) => type === "breaker")).toEqual(
      ["open", "half-open", "open", "half-open", "closed"].map((state) => ({ type: "breaker", state })),
    );
  });

  test("an open one costs a request no time", async () => {
    const { cache, faults, clock } = faultyRig(options);
    faults.hang();
    const first = Array.from({ length: 3 }, (_, index) => cache.getOrSet(`${index}`, () => 1));
    expect(await timeOf(clock, Promise.all(first))).toBe(200);
    expect(
      await timeOf(
        clock,
        cache.getOrSet("a", () => 1),
      ),
    ).toBe(0);
    expect(await timeOf(clock, cache.get("a"))).toBe(0);
    expect(await timeOf(clock, cache.set("a", 1))).toBe(0);
  });

  test("a probe keeps only its own caller waiting", async () => {
    const { cache, faults, clock } = faultyRig(options);
    faults.hang();
    await Promise.all([...Array.from({ length: 3 }, (_, index) => cache.get(`${index}`)), clock.advance(200)]);
    await clock.advance(1_000);
    const probe = cache.getOrSet("a", () => 1);
    expect(
      await timeOf(
        clock,
        cache.getOrSet("b", () => 1),
      ),
    ).toBe(0);
    expect(await timeOf(clock, probe)).toBe(200);
  });

  test("failures that are not in a row do not open it, on any backend", async () => {
    for (const remote of [true, false]) {
      const backend = faultyBackend(memoryBackend({ maxEntries: 10 }), { remote });
      const states: string[] = [];
      const cache = createCache({
        backend,
        ...options,
        onEvent: (event) => event.type === "breaker" && states.push(event.state),
      });
      for (let time = 0; time < 10; time++) {
        backend.faults.get.fail(failed, { times: 2 });
        for (let call = 0; call < 3; call++) await cache.get("a");
      }
      expect(states).toEqual([]);
    }
  });

  test("writes that fail do not open it: what is full can still be read", async () => {
    const { cache, faults, told } = faultyRig(options);
    await cache.set("there", 1);
    faults.set.fail(new Error("OOM"));
    told();
    await Promise.all(Array.from({ length: 20 }, (_, index) => cache.getOrSet(`${index}`, () => 1)));
    expect(told()).not.toContain("breaker");
    expect(await cache.get("there")).toBe(1);
  });

  test("purges are tried although it is open", async () => {
    const { cache, faults } = faultyRig(options);
    await cache.set("a", 1);
    faults.get.fail(failed);
    for (let time = 0; time < 5; time++) await cache.get("a");
    await cache.clear();
    await cache.delete("a");
    expect([faults.advance.calls, faults.delete.calls]).toEqual([1, 1]);
  });

  test("who waits for a load does not call the backend behind its back", async () => {
    const { cache, faults } = faultyRig(options);
    const gate = deferred<string>();
    const load = vi.fn(() => gate.promise);
    const calls = Array.from({ length: 50 }, () => cache.getOrSet("a", load, { tags: () => ["t"] }));
    await settled();
    faults.fail(failed);
    for (let time = 0; time < 3; time++) await cache.get("b");
    const before = faults.read.calls;
    gate.resolve("value");
    expect(new Set(await Promise.all(calls))).toEqual(new Set(["value"]));
    expect(faults.read.calls).toBe(before);
    expect(load.mock.calls.length).toBeLessThanOrEqual(2);
  });
});

describe("a write", () => {
  test("that fails is an event, and the value is served", async () => {
    const { cache, faults, told, events } = faultyRig();
    faults.set.fail(failed);
    const load = counter();
    expect(await cache.getOrSet("a", load)).toBe(1);
    await settled();
    expect(events.at(-1)).toMatchObject({ operation: "set", error: { code: "BACKEND_FAILED", cause: failed } });
    expect(told()).toEqual(["miss", "load", "backend-error"]);
    expect(await cache.getOrSet("a", load)).toBe(2);
    expect(cache.counters()).toMatchObject({ stores: 0, backendErrors: 2 });
  });

  test("that hangs keeps nobody waiting", async () => {
    const { cache, faults, clock, told } = faultyRig();
    faults.set.hang();
    expect(
      await timeOf(
        clock,
        cache.getOrSet("a", () => 1),
      ),
    ).toBe(0);
    told();
    await clock.advance(200);
    expect(told()).toEqual(["backend-error"]);
  });

  test("by hand says that it was not stored, and leaves nothing of what was there", async () => {
    const { cache, faults, clock } = faultyRig();
    await cache.set("a", "before");
    faults.set.fail(failed);
    expect(await cache.set("a", "now")).toBe(false);
    expect(await cache.get("a")).toBeUndefined();
    faults.heal();
    expect(await cache.get("a")).toBeUndefined();
    await cache.set("a", "before");
    faults.set.hang();
    const set = cache.set("a", "now");
    await clock.advance(200);
    expect(await set).toBe(false);
    faults.heal();
    expect(await cache.get("a")).toBeUndefined();
  });

  test("by hand on a dead backend leaves nothing either, once it is back", async () => {
    const { cache, faults } = faultyRig();
    await cache.set("a", "before");
    faults.fail(failed);
    expect(await cache.set("a", "now")).toBe(false);
    faults.heal();
    expect(await cache.get("a")).toBeUndefined();
  });

  test("while the cache is switched off, or none is possible, does not let the old value come back", async () => {
    let enabled = true;
    const { cache } = faultyRig({ enabled: () => enabled });
    await cache.set("a", "before");
    enabled = false;
    expect(await cache.set("a", "now")).toBe(false);
    enabled = true;
    expect(await cache.get("a")).toBeUndefined();
  });
});

test.each([true, false])(
  "nothing is written to a backend that is known to be away, or owes a purge (%o)",
  async (owes) => {
    const { cache, faults } = faultyRig(owes ? {} : { breaker: { threshold: 1 } });
    const gate = deferred<string>();
    const value = cache.getOrSet("a", () => gate.promise);
    await settled();
    if (owes) {
      faults.delete.fail(failed);
      await expect(cache.delete("c")).rejects.toThrow();
      faults.delete.heal();
    } else {
      faults.get.fail(failed);
      await cache.get("d");
    }
    const calls = faults.set.calls;
    gate.resolve("value");
    expect(await value).toBe("value");
    await settled();
    expect(faults.set.calls).toBe(calls);
  },
);

describe("a purge that does not reach the backend", () => {
  interface Case {
    readonly purge: (cache: Cache) => Promise<unknown>;
    /** What it takes away of what is there. */
    readonly gone: readonly string[];
  }
  const cases: Record<string, Case> = {
    "clear()": { purge: (cache) => cache.clear(), gone: ["plain", "tagged", "in n"] },
    "clear() softly": { purge: (cache) => cache.clear({ soft: true }), gone: ["plain", "tagged", "in n"] },
    "clear({ namespace })": { purge: (cache) => cache.clear({ namespace: "n" }), gone: ["in n"] },
    "invalidateTags()": { purge: (cache) => cache.invalidateTags(["t"]), gone: ["tagged"] },
    "invalidateTags() softly": { purge: (cache) => cache.invalidateTags(["t"], { soft: true }), gone: ["tagged"] },
    "delete()": { purge: (cache) => cache.delete("plain"), gone: ["plain"] },
    "delete() in a namespace": { purge: (cache) => cache.namespace("n").delete("a"), gone: ["in n"] },
  };

  async function fill(cache: Cache): Promise<void> {
    await cache.set("plain", 1);
    await cache.set("tagged", 1, { tags: ["t"] });
    await cache.set("a", 1, { namespace: "n" });
  }

  async function gone(cache: Cache): Promise<string[]> {
    const found = {
      plain: await cache.get("plain"),
      tagged: await cache.get("tagged"),
      "in n": await cache.get("a", { namespace: "n" }),
    };
    return Object.entries(found).flatMap(([name, value]) => (value === undefined ? [name] : []));
  }

  const all = ["plain", "tagged", "in n"];

  describe.each(Object.entries(cases))("%s", (_name, { purge, gone: expected }) => {
    test("rejects, is told, and is made up for before anything is read", async () => {
      const { cache, faults, told, events } = faultyRig();
      await fill(cache);
      told();
      faults.fail(failed);
      const purged = purge(cache);
      await expect(purged).rejects.toMatchObject({ code: "INVALIDATION_PENDING", cause: failed });
      expect(events[0]).toMatchObject({ type: "backend-error", error: { code: "BACKEND_FAILED", cause: failed } });
      expect(told()).toEqual(["backend-error"]);
      expect(await gone(cache)).toEqual(all);
      faults.heal();
      expect(await gone(cache)).toEqual(expected);
    });

    test("rejects at the deadline where the backend hangs", async () => {
      const { cache, faults, clock } = faultyRig();
      await fill(cache);
      faults.hang();
      const purged = purge(cache);
      const rejected = expect(purged).rejects.toEqual(pending);
      expect(await timeOf(clock, purged)).toBe(200);
      await rejected;
      faults.heal();
      expect(await gone(cache)).toEqual(expected);
    });

    test("is still owed when paying takes too long, or fails", async () => {
      const { cache, faults, clock } = faultyRig({ breaker: { threshold: 1_000 } });
      await fill(cache);
      for (const fault of ["hang", "fail"] as const) {
        faults[fault]();
        const purged = purge(cache).catch(() => {});
        await clock.advance(200);
        await purged;
        faults.heal();
        faults.advance[fault]();
        faults.delete[fault]();
        for (let time = 0; time < 3; time++) {
          const found = gone(cache);
          for (let step = 0; step < 3; step++) await clock.advance(200);
          expect(await found).toEqual(all);
        }
        faults.heal();
      }
      expect(await gone(cache)).toEqual(expected);
    });

    test("holds for those who read while it is made up for", async () => {
      const { cache, faults, clock } = faultyRig();
      await fill(cache);
      faults.fail(failed);
      await expect(purge(cache)).rejects.toEqual(pending);
      faults.heal();
      const calls = faults.advance.calls + faults.delete.calls;
      faults.advance.delay(50);
      faults.delete.delay(50);
      const reads = Array.from({ length: 10 }, () => gone(cache));
      for (let step = 0; step < 10; step++) {
        await clock.advance(20);
        reads.push(gone(cache));
      }
      expect(new Set(await Promise.all(reads))).toHaveLength(reads.length);
      for (const read of reads) expect(await read).toEqual(expected);
      expect(faults.advance.calls + faults.delete.calls).toBe(calls + 1);
    });

    test("is made up for by a purge, or a set, that comes before any read", async () => {
      const { cache, faults } = faultyRig();
      await fill(cache);
      faults.fail(failed);
      await expect(purge(cache)).rejects.toEqual(pending);
      faults.heal();
      expect(await cache.set("other", 1)).toBe(true);
      await cache.invalidateTags(["unrelated"]);
      expect(await gone(cache)).toEqual(expected);
    });
  });

  test("what was loaded meanwhile is served to those who waited, and not from the cache", async () => {
    const { cache, faults } = faultyRig();
    await cache.set("a", "old");
    faults.fail(failed);
    await expect(cache.clear()).rejects.toEqual(pending);
    const load = counter();
    expect([await cache.getOrSet("a", load), await cache.getOrSet("a", load)]).toEqual([1, 2]);
    faults.heal();
    expect([await cache.getOrSet("a", load), await cache.getOrSet("a", load)]).toEqual([3, 3]);
  });

  test("a load that had begun before it is not shared with those who come after it", async () => {
    for (const labels of [true, false]) {
      const { cache, faults } = faultyRig();
      faults.fail(failed);
      const old = deferred<string>();
      const options = { tags: ["t"] };
      const before = cache.getOrSet("a", () => old.promise, options);
      await settled();
      await expect(labels ? cache.invalidateTags(["t"]) : cache.delete("a")).rejects.toEqual(pending);
      expect(await cache.getOrSet("a", () => "new", options)).toBe("new");
      old.resolve("old");
      expect(await before).toBe("old");
    }
  });

  test("one that began while it went on is not shared with those who come after it either", async () => {
    const { cache, faults, clock } = faultyRig({ breaker: { threshold: 1 } });
    faults.get.fail(failed);
    await cache.get("a");
    faults.advance.hang();
    const cleared = cache.clear().catch(() => {});
    await clock.advance(100);
    cache.getOrSet("a", () => new Promise<string>(() => {}));
    await settled();
    await clock.advance(100);
    await cleared;
    expect(await cache.getOrSet("a", () => "new")).toBe("new");
  });

  test("purges of other things do not multiply loads while the backend is away", async () => {
    const { cache, faults } = faultyRig();
    faults.fail(failed);
    const gate = deferred<string>();
    const load = vi.fn(() => gate.promise);
    const calls = [];
    for (let round = 0; round < 20; round++) {
      calls.push(cache.getOrSet("a", load, { namespace: "n", tags: () => ["mine"] }));
      await settled();
      await cache.invalidateTags(["other"]).catch(() => {});
      await cache.clear({ namespace: "m" }).catch(() => {});
      await cache.delete("b").catch(() => {});
    }
    gate.resolve("value");
    expect(await Promise.all(calls)).toEqual(calls.map(() => "value"));
    expect(load).toHaveBeenCalledTimes(1);
  });

  test("but a tag that only the result knows is found out", async () => {
    const { cache, faults } = faultyRig();
    faults.fail(failed);
    const gate = deferred<string>();
    const load = vi.fn(async () => "new").mockImplementationOnce(() => gate.promise);
    const before = cache.getOrSet("a", load, { tags: () => ["mine"] });
    await settled();
    await cache.invalidateTags(["mine"]).catch(() => {});
    const after = cache.getOrSet("a", load, { tags: () => ["mine"] });
    await settled();
    gate.resolve("old");
    expect(await Promise.all([before, after])).toEqual(["old", "new"]);
  });

  test("many of them stay bounded, and are made up for at once", async () => {
    const { cache, faults, clock } = faultyRig({ breaker: { threshold: 10_000 } });
    await fill(cache);
    faults.fail(failed);
    await Promise.all(Array.from({ length: 3_000 }, (_, index) => cache.invalidateTags([`${index}`]).catch(() => {})));
    faults.heal();
    let labels = 0;
    const count = (subject: { readonly length: number } | undefined) => {
      labels = subject?.length ?? 0;
      return true;
    };
    faults.advance.delay(0, { when: count });
    const calls = faults.advance.calls;
    const found = gone(cache);
    await clock.advance(1);
    expect(await found).toEqual(all);
    expect(faults.advance.calls).toBe(calls + 1);
    expect(labels).toBeLessThanOrEqual(1_000);
  });

  test("many deletes are made up for by one purge, few by so many deletes", async () => {
    const { cache, faults } = faultyRig({ breaker: { threshold: 10_000 } });
    await fill(cache);
    const deletes = (count: number) =>
      Promise.all(Array.from({ length: count }, (_, index) => cache.delete(`${index}`).catch(() => {})));
    faults.fail(failed);
    await deletes(5);
    faults.heal();
    const calls = faults.delete.calls;
    expect(await gone(cache)).toEqual([]);
    expect(faults.delete.calls).toBe(calls + 5);
    faults.fail(failed);
    await deletes(1_001);
    faults.heal();
    expect(await gone(cache)).toEqual(all);
    expect(faults.delete.calls).toBe(calls + 5 + 1_001);
  });

  test("several kinds are made up for within one deadline", async () => {
    const { cache, faults, clock } = faultyRig();
    await fill(cache);
    faults.fail(failed);
    await cache.invalidateTags(["t"]).catch(() => {});
    await cache.clear({ namespace: "n", soft: true }).catch(() => {});
    await cache.delete("plain").catch(() => {});
    faults.heal();
    faults.advance.delay(150);
    faults.delete.delay(150);
    const found = cache.get("other");
    await clock.advance(150);
    await found;
    faults.heal();
    expect(await gone(cache)).toEqual(all);
    expect([faults.advance.calls, faults.delete.calls]).toEqual([4, 2]);
  });

  test("the load goes on at the deadline where paying takes longer", async () => {
    const { cache, faults, clock } = faultyRig();
    faults.fail(failed);
    await cache.clear().catch(() => {});
    faults.heal();
    faults.advance.delay(150);
    faults.get.delay(150);
    expect(
      await timeOf(
        clock,
        cache.getOrSet("a", () => 1),
      ),
    ).toBe(200);
  });
});

describe("close", () => {
  test("waits for what comes to be written while it waits", async () => {
    const { cache, faults, clock } = faultyRig();
    faults.set.delay(100);
    const gate = deferred<number>();
    const value = cache.getOrSet("b", () => gate.promise);
    await cache.getOrSet("a", () => 1);
    const closed = cache.close();
    await clock.advance(50);
    gate.resolve(2);
    await value;
    expect(await timeOf(clock, closed)).toBe(100);
    expect(cache.counters().stores).toBe(2);
  });

  test("waits for what is being written", async () => {
    const { cache, faults, clock, told } = faultyRig();
    faults.set.delay(100);
    await cache.getOrSet("a", () => 1);
    const closed = cache.close();
    expect(await timeOf(clock, closed)).toBe(100);
    expect(told()).toEqual(["miss", "load", "store"]);
    expect(faults.close.calls).toBe(1);
  });

  test("leaves values computed and nothing stored, and lets no purge pass for done", async () => {
    const { cache, faults } = faultyRig();
    await cache.set("a", "stored");
    const get = cache.wrap(async () => "computed", { name: "get" });
    const view = cache.namespace("n");
    await cache.close();
    const { get: reads, set: writes } = faults;
    const before = [reads.calls, writes.calls];
    expect(await cache.getOrSet("a", () => "computed")).toBe("computed");
    expect(await view.getOrSet("a", () => "computed")).toBe("computed");
    expect([await get(), await get.refresh()]).toEqual(["computed", "computed"]);
    expect([await cache.get("a"), await cache.set("a", 1), await cache.ping()]).toEqual([undefined, false, false]);
    const closed = expect.objectContaining({ code: "CACHE_CLOSED" });
    for (const purge of [
      cache.clear(),
      view.clear(),
      cache.invalidateTags(["t"]),
      cache.delete("a"),
      get.invalidate(),
    ]) {
      await expect(purge).rejects.toEqual(closed);
    }
    expect([reads.calls, writes.calls]).toEqual(before);
    expect(cache.counters()).toMatchObject({ stores: 1 });
  });

  test("happens once", async () => {
    const { cache, faults, clock } = faultyRig();
    faults.close.delay(100);
    const first = cache.close();
    const second = cache.close();
    expect(await timeOf(clock, second)).toBe(100);
    await first;
    await cache.close();
    expect(faults.close.calls).toBe(1);
  });

  test("of a load under way gives its value, and writes nothing", async () => {
    const { cache, faults } = faultyRig();
    const gate = deferred<string>();
    const value = cache.getOrSet("a", () => gate.promise);
    await settled();
    await cache.close();
    gate.resolve("value");
    expect(await value).toBe("value");
    expect(faults.set.calls).toBe(0);
  });

  test.each(["hang", "fail"] as const)(
    "of a backend whose close does %s comes to an end, with an event",
    async (fault) => {
      const { cache, faults, clock, events } = faultyRig();
      faults.close[fault]();
      expect(await timeOf(clock, cache.close())).toBe(fault === "hang" ? 200 : 0);
      expect(events).toMatchObject([{ type: "backend-error", operation: "close" }]);
    },
  );

  test("makes up for purges, if it can", async () => {
    const { cache, faults, backend, clock } = faultyRig();
    await cache.set("a", 1);
    faults.fail(failed);
    await cache.clear().catch(() => {});
    faults.heal();
    await cache.close();
    const other = createCache({ backend, clock });
    expect(await other.get("a")).toBeUndefined();
  });

  test("does not wait for a dead backend for longer than two deadlines", async () => {
    const { cache, faults, clock } = faultyRig();
    faults.hang();
    const cleared = cache.clear().catch(() => {});
    await clock.advance(200);
    await cleared;
    expect(await timeOf(clock, cache.close())).toBeLessThanOrEqual(400);
  });
});

describe("ping", () => {
  test("says whether the backend answers in time", async () => {
    const { cache, faults, clock, events } = faultyRig();
    expect(await cache.ping()).toBe(true);
    faults.ping.fail(failed);
    expect(await cache.ping()).toBe(false);
    expect(events.at(-1)).toMatchObject({ type: "backend-error", operation: "ping" });
    faults.ping.hang();
    const ping = cache.ping();
    expect(await timeOf(clock, ping)).toBe(200);
    expect(await ping).toBe(false);
  });

  test("asks a backend that has no ping for its mark", async () => {
    const backend = memoryBackend({ maxEntries: 10 });
    const read = vi.fn(() => {
      throw failed;
    });
    const silent: ObjectBackend = {
      ...methodsOf(backend),
      versions: () => ({ current: undefined, read, advance: () => {} }),
    };
    expect(await createCache({ backend: silent }).ping()).toBe(false);
    expect(await createCache({ backend }).ping()).toBe(true);
  });
});

function methodsOf(backend: ObjectBackend): ObjectBackend {
  return {
    name: backend.name,
    holds: "objects",
    get: (key) => backend.get(key),
    set: (key, value, options) => backend.set(key, value, options),
    delete: (key) => backend.delete(key),
    versions: (scope) => backend.versions(scope),
    close: () => backend.close(),
  };
}

describe("a backend that answers at once", () => {
  function atOnce(options: Partial<CacheOptions> = {}): FaultyRig {
    const clock = manualClock();
    const backend = faultyBackend(memoryBackend({ maxEntries: 100, clock }), { clock });
    const events: FaultyRig["events"] = [];
    const cache = createCache({ backend, clock, onEvent: (event) => events.push(event), ...options });
    return {
      cache,
      clock,
      events,
      backend,
      faults: backend.faults,
      told: () => events.splice(0).map(({ type }) => type),
    };
  }

  test("and fails, is survived likewise", async () => {
    const { cache, faults, told } = atOnce({ breaker: { threshold: 100 } });
    await cache.set("a", "stored");
    for (const call of ["get", "read"] as const) {
      told();
      faults[call].fail(failed);
      expect(await cache.getOrSet("a", () => "loaded", { tags: ["t"] })).toBe("loaded");
      expect(told()).toEqual(["backend-error", "miss", "load"]);
      faults.heal();
      expect(await cache.get("a")).toBe("stored");
    }
    faults.set.fail(failed);
    expect(await cache.getOrSet("b", () => "loaded")).toBe("loaded");
    faults.heal();
    for (const purge of [() => cache.clear(), () => cache.delete("a"), () => cache.invalidateTags(["t"])]) {
      faults.fail(failed);
      await expect(purge()).rejects.toEqual(pending);
      expect(await cache.get("a")).toBeUndefined();
      faults.heal();
      expect(await cache.get("a")).toBeUndefined();
      await cache.set("a", "stored", { tags: ["t"] });
    }
  });

  test("needs no timers", async () => {
    const { cache, clock } = atOnce();
    await cache.getOrSet("a", () => 1, { tags: () => ["t"] });
    await cache.set("b", 1);
    await cache.get("b");
    await cache.delete("b");
    await cache.clear();
    expect(clock.pending).toBe(0);
  });
});

describe("a backend that knows its mark at once, but not its labels", () => {
  function mirrored(read: Versions["read"]): { cache: Cache; loads: () => Promise<number> } {
    const memory = memoryBackend({ maxEntries: 100 });
    const versions = memory.versions("cachette");
    const backend: Backend = {
      ...methodsOf(memory),
      versions: () => ({
        get current() {
          return versions.current;
        },
        read,
        advance: (labels, kind) => versions.advance(labels, kind),
      }),
    };
    const cache = createCache({ backend });
    const load = counter();
    return { cache, loads: () => cache.getOrSet("a", load) };
  }

  test("is asked", async () => {
    const memory = memoryBackend({ maxEntries: 100 });
    const versions = memory.versions("other");
    const { loads, cache } = mirrored(async (labels) => ({ ...versions.read(labels), mark: versions.current }));
    await loads();
    const { loads: same } = mirrored(async (labels) => versions.read(labels));
    expect([await same(), await same()]).toEqual([1, 2]);
    await cache.close();
  });

  test("and fails to tell, does not bring the process down", async () => {
    const unhandled = vi.fn();
    process.on("unhandledRejection", unhandled);
    try {
      const { loads } = mirrored(async () => {
        throw failed;
      });
      expect([await loads(), await loads(), await loads()]).toEqual([1, 2, 3]);
      await Promise.all(Array.from({ length: 5 }, loads));
      await settled();
      await settled();
      expect(unhandled).not.toHaveBeenCalled();
    } finally {
      process.off("unhandledRejection", unhandled);
    }
  });
});

test("a backend whose parts throw where they should not leaves no promise alone", async () => {
  const unhandled = vi.fn();
  process.on("unhandledRejection", unhandled);
  try {
    const throws = (): never => {
      throw failed;
    };
    const rejects = () => Promise.reject(failed);
    const parts = [throws, rejects];
    for (const get of parts) {
      for (const read of parts) {
        for (const current of [throws, () => undefined, () => ({ epoch: "e", seq: 0 })]) {
          const backend: Backend = {
            name: "broken",
            holds: "objects",
            get,
            set: get,
            delete: get,
            versions: () => ({
              get current() {
                return current();
              },
              read,
              advance: read,
            }),
            close: get,
          };
          const cache = createCache({ backend });
          expect(await cache.getOrSet("a", () => "loaded")).toBe("loaded");
          expect(await cache.set("a", 1)).toBe(false);
          for (const purge of [cache.clear(), cache.delete("a"), cache.invalidateTags(["t"])]) {
            await expect(purge).rejects.toEqual(pending);
          }
          expect(await Promise.all([cache.get("a"), cache.getOrSet("a", () => "loaded")])).toEqual([
            undefined,
            "loaded",
          ]);
          await cache.close();
        }
      }
    }
    await settled();
    await settled();
    expect(unhandled).not.toHaveBeenCalled();
  } finally {
    process.off("unhandledRejection", unhandled);
  }
});

test("a backend that lost its clock has nothing that is valid", async () => {
  const memory = memoryBackend({ maxEntries: 100 });
  let scope = "first";
  const backend: Backend = {
    ...methodsOf(memory),
    versions: () => ({
      current: undefined,
      read: async (labels) => memory.versions(scope).read(labels),
      advance: async (labels, kind) => memory.versions(scope).advance(labels, kind),
    }),
  };
  const cache = createCache({ backend });
  const load = counter();
  expect([await cache.getOrSet("a", load), await cache.getOrSet("a", load)]).toEqual([1, 1]);
  scope = "second";
  expect([await cache.getOrSet("a", load), await cache.getOrSet("a", load)]).toEqual([2, 2]);
  scope = "first";
  expect(await cache.getOrSet("a", load)).toBe(3);
});
