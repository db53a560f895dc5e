import { describe, expect, test, vi } from "vitest";
import { counter, deferred, faultyRig, kinds, rig, settled } from "./kit.ts";

const many = <T>(times: number, call: () => T): T[] => Array.from({ length: times }, call);

describe.each(kinds)("on %s", (kind) => {
  test("a thousand callers at once cost one load", async () => {
    const { cache } = rig(kind);
    const gate = deferred<void>();
    const load = vi.fn(async () => {
      await gate.promise;
      return { n: 1 };
    });
    const calls = many(1_000, () => cache.getOrSet("a", load));
    await settled();
    const latecomers = many(10, () => cache.getOrSet("a", load));
    await settled();
    gate.resolve();
    const values = await Promise.all([...calls, ...latecomers]);
    expect(values.every((value) => value.n === 1)).toBe(true);
    expect(new Set(values).size).toBe(1_010);
    expect(load).toHaveBeenCalledTimes(1);
    expect(cache.counters()).toMatchObject({ loads: 1, stores: 1, misses: 1, shared: 1_009, hits: 0 });
  });

  test("a thousand callers of a wrapped function cost one load, for each list of arguments", async () => {
    const { cache } = rig(kind);
    const fn = vi.fn(async function half(n: number) {
      await settled();
      return n / 2;
    });
    const half = cache.wrap(fn, { name: "half" });
    const values = await Promise.all(Array.from({ length: 1_000 }, (_, index) => half(index % 4)));
    expect(values.slice(0, 4)).toEqual([0, 0.5, 1, 1.5]);
    expect(fn).toHaveBeenCalledTimes(4);
  });

  test("a load that fails runs once for all who wait, who get the very same error; the next call tries again", async () => {
    const { cache, told } = rig(kind);
    const error = new Error("the database is down");
    const gate = deferred<void>();
    const load = vi.fn(async () => {
      await gate.promise;
      throw error;
    });
    const calls = many(50, () => cache.getOrSet("a", load));
    await settled();
    gate.resolve();
    const outcomes = await Promise.allSettled(calls);
    expect(outcomes.every((outcome) => outcome.status === "rejected" && outcome.reason === error)).toBe(true);
    expect(load).toHaveBeenCalledTimes(1);
    expect(told()).toEqual(["miss", "load-error"]);
    expect(cache.counters()).toMatchObject({ loads: 1, loadErrors: 1, stores: 0, shared: 49 });
    expect(await cache.get("a")).toBeUndefined();
    expect(await cache.getOrSet("a", () => "works")).toBe("works");
  });

  test.each<[string, unknown]>([
    ["an error", new Error("no")],
    ["undefined", undefined],
    ["a text", "no"],
  ])("a load that throws %s at once is like one that rejects with it", async (_what, thrown) => {
    const { cache } = rig(kind);
    const load = vi.fn(() => {
      throw thrown;
    });
    const outcomes = await Promise.allSettled(many(3, () => cache.getOrSet("a", load)));
    expect(outcomes.map((outcome) => outcome.status === "rejected" && outcome.reason)).toEqual([
      thrown,
      thrown,
      thrown,
    ]);
    expect(await cache.getOrSet("a", () => 1)).toBe(1);
  });

  test("a load may answer at once, or with anything that has a then", async () => {
    const { cache } = rig(kind);
    // biome-ignore lint/suspicious/noThenProperty: what some libraries give in place of a promise
    const thenable = { then: (take: (value: string) => void) => take("later") } as unknown as Promise<string>;
    expect(await cache.getOrSet("a", () => "now")).toBe("now");
    expect(await cache.getOrSet("b", () => thenable)).toBe("later");
    expect(await cache.get("b")).toBe("later");
  });

  test("a load that hangs holds up nobody for longer than the patience, and comes too late to be stored", async () => {
    const { cache, clock } = rig(kind, { patience: "5s" });
    const hanging = deferred<string>();
    const first = cache.getOrSet("a", () => hanging.promise);
    await settled();
    const load = vi.fn(async () => "second");
    const calls = many(3, () => cache.getOrSet("a", load));
    await clock.advance(4_999);
    expect(load).not.toHaveBeenCalled();
    await clock.advance(1);
    expect(await Promise.all(calls)).toEqual(["second", "second", "second"]);
    const soFar = load.mock.calls.length;
    expect(await cache.getOrSet("a", load)).toBe("second");
    expect(load).toHaveBeenCalledTimes(soFar);
    hanging.resolve("first");
    expect(await first).toBe("first");
    expect(await cache.get("a")).toBe("second");
  });

  test("after a load has taken too long for one, newcomers wait for the one that took its place", async () => {
    const { cache, clock } = rig(kind, { patience: "5s" });
    cache.getOrSet("a", () => new Promise(() => {}));
    await settled();
    const second = deferred<string>();
    const load = vi.fn(() => second.promise);
    const impatient = cache.getOrSet("a", load);
    await clock.advance("5s");
    const newcomers = many(10, () => cache.getOrSet("a", load));
    await settled();
    second.resolve("second");
    expect(await Promise.all([impatient, ...newcomers])).toEqual(many(11, () => "second"));
    expect(load).toHaveBeenCalledTimes(1);
  });

  test("without patience nobody waits for another", async () => {
    const { cache, clock } = rig(kind, { patience: 0 });
    const load = vi.fn(() => new Promise(() => {}));
    for (let call = 0; call < 5; call++) cache.getOrSet("a", load);
    await clock.advance(0);
    expect(load).toHaveBeenCalledTimes(5);
  });

  test("a refresh loads although there is an entry, and those who come meanwhile share it", async () => {
    const { cache } = rig(kind);
    const load = vi.fn(async (id: number) => `${id}:${load.mock.calls.length}`);
    const get = cache.wrap(load, { name: "get" });
    expect([await get(1), await get(1)]).toEqual(["1:1", "1:1"]);
    expect(await get.refresh(1)).toBe("1:2");
    expect(await get(1)).toBe("1:2");
    expect(await Promise.all([get.refresh(2), settled().then(() => get(2))])).toEqual(["2:3", "2:3"]);
  });

  test("of loads that overlap, the one that began last is kept", async () => {
    const { cache } = rig(kind);
    const gates = [deferred<string>(), deferred<string>(), deferred<string>()] as const;
    let begun = 0;
    const get = cache.wrap(() => gates[begun++]?.promise, { name: "get" });
    const calls = [get()];
    await settled();
    calls.push(get.refresh());
    await settled();
    calls.push(get.refresh());
    await settled();
    gates[2].resolve("third");
    await calls[2];
    gates[1].resolve("second");
    gates[0].resolve("first");
    expect(await Promise.all(calls)).toEqual(["first", "second", "third"]);
    await settled();
    expect(await get()).toBe("third");
  });

  test("a refresh that fails leaves what is stored", async () => {
    const { cache } = rig(kind);
    const error = new Error("no");
    let fails = false;
    const get = cache.wrap(async () => (fails ? Promise.reject(error) : "value"), { name: "get" });
    await get();
    fails = true;
    await expect(get.refresh()).rejects.toBe(error);
    expect(await get()).toBe("value");
  });

  test("loads of different keys do not wait for each other", async () => {
    const { cache } = rig(kind);
    cache.getOrSet("a", () => new Promise(() => {}));
    expect(await cache.getOrSet("b", () => "b")).toBe("b");
  });

  test("a load may ask the cache for another key", async () => {
    const { cache } = rig(kind);
    const inner = counter();
    const outer = () => cache.getOrSet("inner", inner);
    expect(await Promise.all([cache.getOrSet("one", outer), cache.getOrSet("other", outer)])).toEqual([1, 1]);
  });

  test("tags that cannot be told make the value served and not stored", async () => {
    const { cache, told } = rig(kind);
    const load = counter();
    const thrower = () => {
      throw new Error("no tags");
    };
    expect(await cache.getOrSet("a", load, { tags: thrower })).toBe(1);
    expect(told()).toEqual(["miss", "encode-error", "load"]);
    for (const tags of [[""], "x", [1], undefined, null]) {
      expect(await cache.getOrSet("a", load, { tags: () => tags as string[] })).toBeGreaterThan(1);
    }
    expect(await cache.get("a")).toBeUndefined();
  });
});

test("a refresh is not undone by the write of what was loaded before it", async () => {
  const { cache, faults, clock } = faultyRig();
  const load = counter();
  const get = cache.wrap(load, { name: "get" });
  faults.set.delay(100, { times: 1 });
  expect(await get()).toBe(1);
  expect(await get.refresh()).toBe(2);
  await clock.advance(200);
  expect(await get()).toBe(2);
});

test("who looked before a value was written, and hears of it only after it was loaded, shares it", async () => {
  const { cache, faults, clock } = faultyRig();
  const load = counter();
  const gate = deferred<void>();
  const first = cache.getOrSet("a", () => gate.promise.then(load));
  await settled();
  faults.get.delay(50, { call: "done" });
  faults.set.delay(100);
  const second = cache.getOrSet("a", load);
  await clock.advance(10);
  gate.resolve();
  expect(await first).toBe(1);
  await clock.advance(40);
  expect(await second).toBe(1);
});

test("who comes while an unreadable value is being written loads for itself, and does not go round in circles", async () => {
  const { cache, faults } = faultyRig({
    coder: {
      encode: () => "x",
      decode: () => {
        throw new Error("never");
      },
    },
  });
  faults.set.hang();
  const load = counter();
  expect(await Promise.all(many(3, () => cache.getOrSet("a", load)))).toEqual([1, 2, 3]);
});

test("unhandled rejections stay out of it", async () => {
  const unhandled = vi.fn();
  process.on("unhandledRejection", unhandled);
  try {
    for (const kind of kinds) {
      const { cache } = rig(kind);
      const calls = many(5, () => cache.getOrSet("a", async () => Promise.reject(new Error("no"))));
      await Promise.allSettled(calls);
    }
    await settled();
    await settled();
    expect(unhandled).not.toHaveBeenCalled();
  } finally {
    process.off("unhandledRejection", unhandled);
  }
});
