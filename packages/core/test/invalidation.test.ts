import { describe, expect, test, vi } from "vitest";
import type { Cache } from "../src/index.ts";
import { counter, deferred, faultyRig, kinds, type Rig, rig, settled } from "./kit.ts";

type Get = () => Promise<string>;

interface Scene {
  /** Asks for the value in a way that the purge concerns. */
  readonly get: (cache: Cache, load: Get) => Promise<string>;
  readonly purge: (cache: Cache) => Promise<unknown>;
  /** What is there after the purge without a load. */
  readonly left?: string;
  /** What is purged is known only when the load has ended. */
  readonly onlyResultKnows?: true;
}

const inNamespace = { namespace: "n" };

const scenes: Record<string, Scene> = {
  "clear()": {
    get: (cache, load) => cache.getOrSet("a", load),
    purge: (cache) => cache.clear(),
  },
  "clear({ namespace })": {
    get: (cache, load) => cache.getOrSet("a", load, inNamespace),
    purge: (cache) => cache.clear(inNamespace),
  },
  "clear() of a view": {
    get: (cache, load) => cache.namespace("n").getOrSet("a", load),
    purge: (cache) => cache.namespace("n").clear(),
  },
  "clear({ soft: true })": {
    get: (cache, load) => cache.getOrSet("a", load),
    purge: (cache) => cache.clear({ soft: true }),
  },
  "a tag that is fixed": {
    get: (cache, load) => cache.getOrSet("a", load, { tags: ["t"] }),
    purge: (cache) => cache.invalidateTags(["other", "t"]),
  },
  "a tag that only the result knows": {
    onlyResultKnows: true,
    get: (cache, load) => cache.getOrSet("a", load, { tags: () => ["t"] }),
    purge: (cache) => cache.invalidateTags(["t"]),
  },
  "a tag of the result, softly": {
    onlyResultKnows: true,
    get: (cache, load) => cache.getOrSet("a", load, { tags: () => ["t"] }),
    purge: (cache) => cache.invalidateTags(["t"], { soft: true }),
  },
  "delete(key)": {
    get: (cache, load) => cache.getOrSet("a", load),
    purge: (cache) => cache.delete("a"),
  },
  "delete(key) in a namespace": {
    get: (cache, load) => cache.getOrSet("a", load, inNamespace),
    purge: (cache) => cache.delete("a", inNamespace),
  },
  "set(key)": {
    get: (cache, load) => cache.getOrSet("a", load),
    purge: (cache) => cache.set("a", "set"),
    left: "set",
  },
  "set(key) with ttl 0": {
    get: (cache, load) => cache.getOrSet("a", load),
    purge: (cache) => cache.set("a", "set", { ttl: 0 }),
  },
  "invalidate() of a wrapped function": {
    get: (cache, load) => cache.wrap(load, { name: "load" })(),
    purge: (cache) => cache.wrap(async () => "", { name: "load" }).invalidate(),
  },
};

describe.each(Object.entries(scenes))("%s during a load", (_name, { get, purge, left, onlyResultKnows }) => {
  test.each(kinds)("on %s: what the load gives reaches those who came before, and nobody after", async (kind) => {
    const { cache } = rig(kind);
    const old = deferred<string>();
    const load = vi.fn(async () => "new").mockImplementationOnce(() => old.promise);
    const before = [get(cache, load), get(cache, load)];
    await settled();
    await purge(cache);
    const expected = left ?? "new";
    // Only when the load has ended is it known what tags its result has.
    if (!onlyResultKnows) expect(await get(cache, load)).toBe(expected);
    old.resolve("old");
    const [first, second] = await Promise.all(before);
    expect(first).toBe("old");
    // Far away, nobody can tell whether the tag was purged before or after this one came.
    expect(second).toBe(onlyResultKnows && kind === "remote" ? "new" : "old");
    await settled();
    expect(await get(cache, load)).toBe(expected);
    expect(load).toHaveBeenCalledTimes(left === undefined ? 2 : 1);
  });

  test.each(kinds)("on %s: those who come while it goes on do not get it", async (kind) => {
    const { cache } = rig(kind);
    const old = deferred<string>();
    const before = get(cache, () => old.promise);
    await settled();
    await purge(cache);
    const load = vi.fn(async () => "new");
    const after = Array.from({ length: 20 }, () => get(cache, load));
    await settled();
    old.resolve("old");
    expect(await before).toBe("old");
    expect(await Promise.all(after)).toEqual(Array.from({ length: 20 }, () => left ?? "new"));
    expect(load.mock.calls.length).toBeLessThanOrEqual(1);
    await settled();
    expect(await get(cache, load)).toBe(left ?? "new");
  });

  test("while what it gave is being written, which takes its time", async () => {
    const { cache, faults, clock } = faultyRig();
    faults.set.delay(100, { times: 1 });
    expect(await get(cache, async () => "old")).toBe("old");
    const purged = purge(cache);
    await clock.advance(150);
    await purged;
    await clock.advance(150);
    expect(await get(cache, async () => "new")).toBe(left ?? "new");
  });

  test("after what it gave could not be written in time, and comes late", async () => {
    const { cache, faults, clock } = faultyRig();
    faults.set.delay(1_000, { times: 1 });
    expect(await get(cache, async () => "old")).toBe("old");
    await clock.advance(500);
    await purge(cache);
    expect(await get(cache, async () => "new")).toBe(left ?? "new");
    await clock.advance(5_000);
    // It has taken the place of what was set, and is not valid: so that was dropped, as backends may do.
    expect(await get(cache, async () => "new")).toBe("new");
  });
});

test.each(kinds)("on %s: purges of other things leave a load to those who wait for it", async (kind) => {
  const { cache } = rig(kind);
  const gate = deferred<void>();
  const load = vi.fn(async () => {
    await gate.promise;
    return { tag: "mine" };
  });
  const options = { namespace: "n", tags: (value: { tag: string }) => [value.tag, "too"] };
  const calls = [];
  for (let round = 0; round < 20; round++) {
    calls.push(cache.getOrSet("a", load, options));
    await settled();
    await cache.invalidateTags(["other"]);
    await cache.clear({ namespace: "m" });
    await cache.delete("a");
    await cache.set("a", 1, { tags: ["mine"] });
  }
  gate.resolve();
  expect(await Promise.all(calls)).toEqual(calls.map(() => ({ tag: "mine" })));
  expect(load).toHaveBeenCalledTimes(1);
  expect(await cache.getOrSet("a", load, options)).toEqual({ tag: "mine" });
  expect(load).toHaveBeenCalledTimes(1);
});

test.each(kinds)(
  "on %s: under purges without end a caller loads for itself rather than starting over for ever",
  async (kind) => {
    const { cache } = rig(kind);
    let runs = 0;
    const load = async () => {
      runs++;
      await cache.clear();
      return runs;
    };
    const values = await Promise.all(Array.from({ length: 10 }, () => cache.getOrSet("a", load)));
    expect(values.every((value) => value > 0)).toBe(true);
    expect(runs).toBeLessThanOrEqual(10);
  },
);

test.each(kinds)("on %s: a caller who began before a purge may have what was loaded before it", async (kind) => {
  const { cache } = rig(kind);
  const gate = deferred<string>();
  const load = vi.fn(() => gate.promise);
  const calls = [cache.getOrSet("a", load), cache.getOrSet("a", load)];
  await settled();
  await cache.clear();
  gate.resolve("old");
  expect(await Promise.all(calls)).toEqual(["old", "old"]);
  expect(load).toHaveBeenCalledTimes(1);
  expect(await cache.get("a")).toBeUndefined();
});

test.each(kinds)("on %s: purges without end that only results tell of keep nobody for long", async (kind) => {
  const { cache, clock } = rig(kind);
  const load = async () => {
    await new Promise<void>((resolve) => clock.after(10, resolve));
    await cache.invalidateTags(["t"]);
    return 1;
  };
  const begun = clock.now();
  let ended = 0;
  Promise.all(Array.from({ length: 20 }, () => cache.getOrSet("a", load, { tags: () => ["t"] }))).then(() => {
    ended = clock.now();
  });
  await clock.advance("1s");
  expect(ended - begun).toBeGreaterThan(0);
  expect(ended - begun).toBeLessThanOrEqual(60);
});

test("what a tag of the result has to say is asked once for all who wait", async () => {
  const { cache, faults } = faultyRig();
  const gate = deferred<string>();
  const calls = Array.from({ length: 1_000 }, () => cache.getOrSet("a", () => gate.promise, { tags: () => ["t"] }));
  await settled();
  const before = faults.read.calls;
  gate.resolve("value");
  expect(new Set(await Promise.all(calls))).toEqual(new Set(["value"]));
  // Once to make the tag known, once to ask about it.
  expect(faults.read.calls - before).toBe(2);
});

test.each(["delete", "set"] as const)("what began to load while a %s was on its way is out of date", async (change) => {
  const { cache, faults, clock } = faultyRig();
  faults[change].delay(50, { times: 1 });
  const changed = change === "delete" ? cache.delete("a") : cache.set("a", "set");
  await clock.advance(10);
  const gate = deferred<string>();
  const during = cache.getOrSet("a", () => gate.promise);
  await clock.advance(40);
  await changed;
  const expected = change === "delete" ? "new" : "set";
  expect(await cache.getOrSet("a", () => "new")).toBe(expected);
  gate.resolve("during");
  expect(await during).toBe("during");
  await settled();
  expect(await cache.get("a")).toBe(expected);
});

describe("loads on their own, of which the next caller knows nothing,", () => {
  /** A load that goes on by itself because another one took its place. */
  async function lone(cache: Cache, clock: Rig["clock"]) {
    const gate = deferred<string>();
    const first = deferred<string>();
    cache.getOrSet("a", () => first.promise);
    await settled();
    const calls = [cache.getOrSet("a", () => new Promise(() => {})), cache.getOrSet("a", () => gate.promise)];
    await clock.advance("1s");
    return { gate, first, second: calls[1] as Promise<string> };
  }

  test.each(kinds)("on %s, are reached by a delete", async (kind) => {
    const { cache, clock } = rig(kind, { patience: "1s" });
    const { gate, first, second } = await lone(cache, clock);
    await cache.delete("a");
    gate.resolve("old");
    first.resolve("older");
    expect(await second).toBe("old");
    await settled();
    expect(await cache.get("a")).toBeUndefined();
  });

  test.each(kinds)("on %s, are reached by a set", async (kind) => {
    const { cache, clock } = rig(kind, { patience: "1s" });
    const { gate, second } = await lone(cache, clock);
    await cache.set("a", "set");
    gate.resolve("old");
    expect(await second).toBe("old");
    await settled();
    expect(await cache.get("a")).toBe("set");
  });

  test.each(kinds)("on %s, store what they give when nothing was purged", async (kind) => {
    const { cache, clock } = rig(kind, { patience: "1s" });
    const { gate, second } = await lone(cache, clock);
    gate.resolve("fine");
    await second;
    await settled();
    expect(await cache.get("a")).toBe("fine");
  });
});

describe("changes by hand that overlap", () => {
  test("the one that came last is there in the end, and the one before is gone when it returns", async () => {
    const { cache, faults, clock } = faultyRig();
    faults.read.delay(50, { times: 1 });
    const first = cache.set("a", "first");
    const second = cache.set("a", "second");
    expect(await Promise.all([second, clock.advance(10)])).toEqual([true, undefined]);
    expect(await cache.get("a")).toBe("second");
    await clock.advance(100);
    expect(await first).toBe(false);
    expect(await cache.get("a")).toBe("second");
  });

  test("a set that is overtaken returns only when what was there before is gone", async () => {
    const { cache, faults, clock } = faultyRig();
    await cache.set("a", "before");
    const first = cache.set("a", "first");
    faults.set.delay(50);
    const second = cache.set("a", "second");
    let returned = false;
    first.then(() => {
      returned = true;
    });
    await clock.advance(49);
    expect(returned).toBe(false);
    await clock.advance(1);
    expect(await Promise.all([first, second])).toEqual([false, true]);
    expect(await cache.get("a")).toBe("second");
  });

  test("a delete takes away what a set before it was about to put in", async () => {
    const { cache, faults, clock } = faultyRig();
    faults.read.delay(50, { times: 1 });
    const set = cache.set("a", "set");
    await cache.delete("a");
    await clock.advance(100);
    expect(await set).toBe(false);
    expect(await cache.get("a")).toBeUndefined();
  });

  test("a set during the write of an older one comes after it", async () => {
    const { cache, faults, clock } = faultyRig();
    faults.set.delay(100, { times: 1 });
    const first = cache.set("a", "first");
    await settled();
    const second = cache.set("a", "second");
    await clock.advance(200);
    expect(await Promise.all([first, second])).toEqual([true, true]);
    expect(await cache.get("a")).toBe("second");
  });

  test("a delete that fails while a set waits for it leaves nothing behind", async () => {
    const { cache, faults, clock } = faultyRig();
    faults.read.delay(50, { times: 1 });
    const set = cache.set("a", "set");
    faults.delete.fail();
    await expect(cache.delete("a")).rejects.toMatchObject({ code: "INVALIDATION_PENDING" });
    faults.heal();
    await clock.advance(100);
    expect(await set).toBe(false);
    expect(await cache.get("a")).toBeUndefined();
  });
});

test("what was written late is void only for what was deleted: others with other labels stay", async () => {
  const { cache, faults, clock } = faultyRig();
  await cache.set("elsewhere", 1, { namespace: "m" });
  await cache.set("other tag", 1, { namespace: "n", tags: ["u"] });
  faults.set.delay(1_000, { times: 1 });
  await cache.getOrSet("a", () => "old", { namespace: "n", tags: ["t"] });
  await clock.advance(500);
  await cache.delete("a", { namespace: "n" });
  const advanced = faults.advance.calls;
  await cache.delete("a", { namespace: "n" });
  expect(faults.advance.calls).toBe(advanced);
  await clock.advance(1_000);
  expect(await cache.get("a", { namespace: "n" })).toBeUndefined();
  expect(await cache.get("elsewhere", { namespace: "m" })).toBe(1);
  expect(await cache.get("other tag", { namespace: "n" })).toBe(1);
});

test("a write that came late and has arrived is deleted like any other", async () => {
  const { cache, faults, clock } = faultyRig();
  await cache.set("other", 1);
  faults.set.delay(1_000, { times: 1 });
  await cache.getOrSet("a", () => "late");
  await clock.advance(2_000);
  expect(await cache.get("a")).toBe("late");
  const advanced = faults.advance.calls;
  await cache.delete("a");
  expect(faults.advance.calls).toBe(advanced);
  expect([await cache.get("a"), await cache.get("other")]).toEqual([undefined, 1]);
});

test("a thousand late writes are remembered one by one, more as a purge of everything", async () => {
  const { cache, faults, clock } = faultyRig({ ttl: "10h" });
  await cache.set("there", 1);
  faults.set.hang();
  const write = async (from: number, to: number) => {
    for (let index = from; index < to; index++) await cache.getOrSet(`${index}`, () => index);
    await clock.advance(500);
  };
  await write(0, 1_000);
  faults.set.heal();
  expect(await cache.get("there")).toBe(1);
  faults.set.hang();
  await write(1_000, 1_001);
  expect(await cache.get("there")).toBeUndefined();
  faults.set.release();
  await clock.advance(1);
  const load = counter();
  for (const key of ["0", "500", "999", "1000"]) expect(await cache.getOrSet(key, load)).toBe(load.runs);
});
