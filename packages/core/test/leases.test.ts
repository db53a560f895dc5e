import { describe, expect, test, vi } from "vitest";
import { manualClock } from "../../testing/src/index.ts";
import { type Cache, type CacheOptions, type Clock, createCache, type Leases } from "../src/index.ts";
import { counter, deferred, settled } from "./kit.ts";
import { LeaseWorld } from "./lease-world.ts";

/** Processes that share a backend. */
function world(options: Partial<CacheOptions> = {}) {
  const clock = manualClock();
  const shared = new LeaseWorld(clock);
  const told: string[] = [];
  const process = (alive?: () => boolean) =>
    createCache({
      backend: shared.process(alive),
      prefix: "t",
      clock,
      onEvent: (event) => told.push(event.type === "refuse" ? `refuse ${event.reason}` : event.type),
      ...options,
    });
  return { clock, shared, told, process };
}

/** A process whose leases are not all as they should be. */
function having(shared: LeaseWorld, clock: Clock, others: (leases: Leases) => Partial<Leases>): Cache {
  const backend = shared.process();
  const leases = (scope: string) => {
    const own = backend.leases?.(scope) as Leases;
    return { ...own, ...others(own) };
  };
  return createCache({ backend: { ...backend, leases }, prefix: "t", clock });
}

/** Time goes on, with a turn for everybody after each step. */
async function pass(clock: ReturnType<typeof manualClock>, milliseconds: number): Promise<void> {
  for (let passed = 0; passed < milliseconds; passed += 5) {
    await clock.advance(5);
    await settled();
  }
}

test("one load for a key across processes: the others get what it has stored", async () => {
  const { clock, process } = world();
  const [here, there] = [process(), process()];
  const gate = deferred<number>();
  const load = vi.fn(() => gate.promise);
  const calls = [here, here, there, there].map((cache) => cache.getOrSet("a", load));
  await settled();
  await pass(clock, 1_000);
  expect(load).toHaveBeenCalledTimes(1);
  gate.resolve(1);
  await pass(clock, 200);
  expect(await Promise.all(calls)).toEqual([1, 1, 1, 1]);
  expect(load).toHaveBeenCalledTimes(1);
  expect(there.counters()).toMatchObject({ loads: 0, shared: 2 });
});

test("who comes between the end of a load and its own look finds what is stored, and does not load again", async () => {
  const { shared, process } = world();
  const [here, there] = [process(), process()];
  await here.getOrSet("a", () => 1);
  await settled();
  const stored = shared.bytes.get("t::a") as Uint8Array;
  shared.bytes.delete("t::a");
  const load = vi.fn(() => 2);
  const call = there.getOrSet("a", load);
  shared.bytes.set("t::a", stored);
  expect(await call).toBe(1);
  await settled();
  expect(load).not.toHaveBeenCalled();
  expect(shared.ownerOf("t::a")).toBeUndefined();
});

test("a load that fails lets the next process try at once", async () => {
  const { clock, process } = world();
  const [here, there] = [process(), process()];
  const gate = deferred<number>();
  const failing = here.getOrSet("a", () => gate.promise);
  await settled();
  const call = there.getOrSet("a", () => 2);
  await settled();
  gate.reject(new Error("broken"));
  await expect(failing).rejects.toThrow("broken");
  await pass(clock, 150);
  expect(await call).toBe(2);
});

test("an owner that dies is replaced when its time is up, by one", async () => {
  const { clock, process } = world({ lease: "5s" });
  let alive = true;
  const dying = process(() => alive);
  void dying.getOrSet("a", () => new Promise(() => {}));
  await settled();
  await pass(clock, 3_000);
  alive = false;
  const load = vi.fn(() => 2);
  const calls = [process(), process(), process()].map((cache) => cache.getOrSet("a", load));
  await settled();
  await pass(clock, 2_500);
  expect(load).not.toHaveBeenCalled();
  await pass(clock, 2_700);
  expect(await Promise.all(calls)).toEqual([2, 2, 2]);
  expect(load).toHaveBeenCalledTimes(1);
});

test("a load that takes long keeps its lease, until others lose patience", async () => {
  const { clock, process } = world({ lease: "1s", patience: "10s" });
  const [here, there] = [process(), process()];
  const gate = deferred<number>();
  const slow = here.getOrSet("a", () => gate.promise);
  await settled();
  const load = vi.fn(() => 2);
  const call = there.getOrSet("a", load);
  await settled();
  await pass(clock, 9_500);
  expect(load).not.toHaveBeenCalled();
  await pass(clock, 800);
  expect(await call).toBe(2);
  gate.resolve(1);
  expect(await slow).toBe(1);
  await settled();
  expect(await there.get("a")).toBe(2);
});

test("what was loaded before a removal in another process is served to those who waited, and not stored", async () => {
  const { clock, told, process } = world();
  const [here, there] = [process(), process()];
  const gate = deferred<number>();
  const before = here.getOrSet("a", () => gate.promise);
  await settled();
  expect(await there.delete("a")).toBe(false);
  const after = there.getOrSet("a", () => 2);
  expect(await after).toBe(2);
  gate.resolve(1);
  expect(await before).toBe(1);
  await pass(clock, 100);
  expect(await here.get("a")).toBe(2);
  expect(told).toContain("refuse superseded");
});

test("who comes after a removal in another process gets nothing that was loaded before it", async () => {
  const { clock, shared, process } = world();
  const [here, there] = [process(), process()];
  const gate = deferred<number>();
  const before = here.getOrSet("a", () => gate.promise);
  await settled();
  await there.delete("a");
  const load = vi.fn(() => 2);
  const after = [here, here, there].map((cache) => cache.getOrSet("a", load));
  await pass(clock, 200);
  expect(await Promise.all(after)).toEqual([2, 2, 2]);
  expect(load).toHaveBeenCalledTimes(1);
  gate.resolve(1);
  expect(await before).toBe(1);
  await settled();
  expect(await here.get("a")).toBe(2);
  expect(shared.leases.size).toBe(0);
});

test("who joins a load that ends meanwhile gets its value, and nobody loads again", async () => {
  const { process } = world();
  const cache = process();
  const load = vi.fn(() => new Promise<number>((resolve) => resolve(1)));
  const gate = deferred<number>();
  const first = cache.getOrSet("a", () => gate.promise);
  await settled();
  const others = Array.from({ length: 5 }, () => cache.getOrSet("a", load));
  gate.resolve(1);
  expect(await Promise.all([first, ...others])).toEqual([1, 1, 1, 1, 1, 1]);
  expect(load).not.toHaveBeenCalled();
});

test("what another process has stored is not served after its removal to who comes while it is on its way here", async () => {
  const { clock, shared, process } = world();
  const [owner, remover] = [process(), process()];
  const answer = deferred<void>();
  let late = false;
  const there = having(shared, clock, (own) => ({
    acquire: async (...of) => {
      const acquired = await own.acquire(...of);
      if (acquired.held && late) await answer.promise;
      return acquired;
    },
  }));
  const gate = deferred<number>();
  const stored = owner.getOrSet("a", () => gate.promise);
  await settled();
  const load = vi.fn(async () => 2);
  const before = there.getOrSet("a", load);
  await settled();
  gate.resolve(1);
  expect(await stored).toBe(1);
  await settled();
  late = true;
  await pass(clock, 10);
  expect(shared.ownerOf("t::a")).toBeDefined();
  expect(await remover.delete("a")).toBe(true);
  const after = there.getOrSet("a", load);
  await settled();
  answer.resolve();
  expect(await before).toBe(1);
  expect(await after).toBe(2);
  expect(load).toHaveBeenCalledTimes(1);
});

test("what a load has stored is not served after its removal, although its own process has not heard of the storing", async () => {
  const { shared, clock, process } = world();
  const heard = deferred<void>();
  const here = having(shared, clock, ({ fill }) => ({
    async fill(...order) {
      const filled = await fill(...order);
      await heard.promise;
      return filled;
    },
  }));
  expect(await here.getOrSet("a", () => 1)).toBe(1);
  await settled();
  const load = vi.fn(() => 2);
  expect(await here.getOrSet("a", load)).toBe(1);
  await process().delete("a");
  expect(await here.getOrSet("a", load)).toBe(2);
  expect(load).toHaveBeenCalledTimes(1);
  heard.resolve();
});

test("who joins a load asks whether its lease is held, once with all who come at the same moment", async () => {
  const { shared, clock } = world();
  const extended = vi.fn();
  const cache = having(shared, clock, ({ extend }) => ({
    extend(...lease) {
      extended();
      return extend(...lease);
    },
  }));
  const gate = deferred<number>();
  const first = Array.from({ length: 10 }, () => cache.getOrSet("a", () => gate.promise));
  await settled();
  expect(extended).not.toHaveBeenCalled();
  const later = Array.from({ length: 10 }, () => cache.getOrSet("a", () => 2));
  await settled();
  gate.resolve(1);
  expect(new Set(await Promise.all([...first, ...later]))).toEqual(new Set([1]));
  expect(extended).toHaveBeenCalledTimes(1);
});

test("a load is shared all the same where it cannot be told whether its lease is held", async () => {
  const { shared, clock } = world();
  const cache = having(shared, clock, () => ({ extend: () => new Promise(() => {}) }));
  const gate = deferred<number>();
  const first = cache.getOrSet("a", () => gate.promise);
  await settled();
  const second = cache.getOrSet("a", () => 2);
  await settled();
  gate.resolve(1);
  expect(await first).toBe(1);
  await pass(clock, 250);
  expect(await second).toBe(1);
});

test("a fill that comes late is kept out by the removal before it, at nobody else's cost", async () => {
  const { shared, clock, process } = world();
  const here = having(shared, clock, ({ fill }) => ({
    fill: (...order) => new Promise((resolve) => clock.after(1_000, () => resolve(fill(...order)))),
  }));
  expect(await here.getOrSet("a", () => "late", { tags: ["t"] })).toBe("late");
  await process().set("other", 1, { tags: ["t"] });
  await pass(clock, 500);
  expect(here.counters()).toMatchObject({ stores: 0, backendErrors: 1 });
  await here.delete("a");
  // What no removal keeps out is made void by a label of it, and all that carries the same label with it.
  expect(await here.get("other")).toBe(1);
  await pass(clock, 1_000);
  expect(await here.get("a")).toBeUndefined();
  expect(await process().get("other")).toBe(1);
});

test("a value set by hand that comes late is not served after its removal, as no lease keeps it out", async () => {
  const { shared, clock, process } = world();
  const here = having(shared, clock, ({ put }) => ({
    put: (...order) => new Promise((resolve) => clock.after(1_000, () => resolve(put(...order)))),
  }));
  const set = here.set("a", "late");
  await pass(clock, 500);
  expect(await set).toBe(false);
  await here.delete("a");
  await pass(clock, 1_000);
  expect(shared.bytes.has("t::a")).toBe(true);
  expect(await process().get("a")).toBeUndefined();
});

test("what was loaded before a value was set by hand in another process does not take its place", async () => {
  const { clock, process } = world();
  const [here, there] = [process(), process()];
  const gate = deferred<number>();
  const before = here.getOrSet("a", () => gate.promise);
  await settled();
  await there.set("a", 2);
  gate.resolve(1);
  expect(await before).toBe(1);
  await pass(clock, 100);
  expect(await here.get("a")).toBe(2);
});

test("a refresh takes the lease over, and what it loads is what remains", async () => {
  const { clock, process } = world();
  const [here, there] = [process(), process()];
  const gate = deferred<number>();
  const before = here.getOrSet("value()", () => gate.promise);
  await settled();
  const fresh = there.wrap(() => 2, { name: "value" });
  expect(await fresh.refresh()).toBe(2);
  gate.resolve(1);
  await before;
  await pass(clock, 100);
  expect(await here.get("value()")).toBe(2);
});

test("hits ask for no lease, misses for one", async () => {
  const { shared, process } = world();
  const cache = process();
  const load = counter();
  await cache.getOrSet("a", load);
  await settled();
  for (let round = 0; round < 10; round++) await cache.getOrSet("a", load);
  expect(shared.asked).toEqual(["t::a"]);
  expect(shared.leases.size).toBe(0);
});

test("without leases to be had, loads go on and nothing is stored", async () => {
  const { shared, told, process } = world();
  const backend = shared.process();
  const refusing = {
    ...backend,
    leases: () => ({ ...backend.leases?.(""), acquire: () => Promise.reject(new Error("OOM")) }),
  };
  const cache = process();
  const broken = createCache({
    backend: refusing as typeof backend,
    prefix: "t",
    onEvent: (event) => told.push(event.type === "backend-error" ? `error ${event.operation}` : event.type),
  });
  expect(await broken.getOrSet("a", () => 1)).toBe(1);
  await settled();
  expect(shared.bytes.size).toBe(0);
  expect(told).toContain("error lease");
  expect(await cache.getOrSet("a", () => 2)).toBe(2);
});

test("many keys at once: the missing ones are loaded in one, save those that another process loads already", async () => {
  const { clock, process } = world();
  const [here, there] = [process(), process()];
  const gate = deferred<number>();
  const single = there.getOrSet("b", () => gate.promise);
  await settled();
  await here.set("c", "stored");
  const loadMany = vi.fn(async (keys: readonly string[]) => new Map(keys.map((key) => [key, `${key} loaded`])));
  const many = here.getOrSetMany(["a", "b", "c", "d"], loadMany);
  await pass(clock, 100);
  expect(loadMany.mock.calls.map(([keys]) => keys)).toEqual([["a", "d"]]);
  gate.resolve(2);
  await single;
  await pass(clock, 150);
  expect(await many).toEqual(["a loaded", 2, "stored", "d loaded"]);
  expect(await there.getMany(["a", "d"])).toEqual(["a loaded", "d loaded"]);
});

test("a stale value is loaded anew by one process; the others serve it meanwhile", async () => {
  const { clock, process } = world({ ttl: "1s", staleWhileRevalidate: "1h" });
  const [here, there] = [process(), process()];
  await here.getOrSet("a", () => 1);
  await settled();
  await clock.advance("2s");
  const gate = deferred<number>();
  const load = vi.fn(() => gate.promise);
  expect(await Promise.all([here.getOrSet("a", load), there.getOrSet("a", load)])).toEqual([1, 1]);
  await settled();
  expect(load).toHaveBeenCalledTimes(1);
  gate.resolve(2);
  await pass(clock, 50);
  expect(await there.getOrSet("a", load)).toBe(2);
});

test("what was purged softly is not taken for fresh by who takes the lease", async () => {
  const { process } = world();
  const [here, there] = [process(), process()];
  await here.set("a", 1, { tags: ["t"] });
  await there.invalidateTags(["t"], { soft: true });
  expect(await here.getOrSet("a", () => 2, { tags: ["t"] })).toBe(2);
});

test("an early refresh is made although the entry is fresh", async () => {
  const { clock, process } = world({ ttl: "1s", earlyRefresh: { beta: 1_000_000 } });
  const cache = process();
  let loads = 0;
  const load = async () => {
    await clock.advance(100);
    return ++loads;
  };
  expect(await cache.getOrSet("a", load)).toBe(1);
  await settled();
  expect(await cache.getOrSet("a", load)).toBe(1);
  await pass(clock, 50);
  expect(loads).toBe(2);
  expect(await process().get("a")).toBe(2);
});

test("many keys at once, some of which failed just now: the error reaches the caller, and nobody else", async () => {
  const { process } = world({ errorTtl: "1m" });
  const cache = process();
  const unhandled = vi.fn();
  globalThis.process.on("unhandledRejection", unhandled);
  await expect(cache.getOrSet("a", () => Promise.reject(new Error("broken")))).rejects.toThrow("broken");
  await expect(cache.getOrSetMany(["a", "b"], async () => new Map([["b", 1]]))).rejects.toThrow("broken");
  await new Promise((resolve) => setImmediate(resolve));
  globalThis.process.off("unhandledRejection", unhandled);
  expect(unhandled).not.toHaveBeenCalled();
});

test("many stale keys at once are loaded anew in one", async () => {
  const { clock, process } = world({ ttl: "1s", staleWhileRevalidate: "1h" });
  const cache = process();
  const keys = Array.from({ length: 20 }, (_, index) => `${index}`);
  const loadMany = vi.fn(async (missing: readonly string[]) => new Map(missing.map((key) => [key, key])));
  await cache.getOrSetMany(keys, loadMany);
  await settled();
  await clock.advance("2s");
  expect(await cache.getOrSetMany(keys, loadMany)).toEqual(keys);
  await settled();
  expect(loadMany).toHaveBeenCalledTimes(2);
});

test("what could not be set by hand, as the backend is full, leaves nothing of what was there for other processes", async () => {
  const { clock, shared, process } = world();
  const there = process();
  await there.set("a", "before");
  const full = having(shared, clock, () => ({ put: () => Promise.reject(new Error("OOM")) }));
  expect(await full.set("a", "now")).toBe(false);
  expect(await there.get("a")).toBeUndefined();
});

test("a fill that the backend refuses leaves no lease behind", async () => {
  const { shared, clock, process } = world();
  const backend = shared.process();
  const full = {
    ...backend,
    leases: (scope: string) => ({
      ...(backend.leases?.(scope) as object),
      fill: () => Promise.reject(new Error("OOM")),
    }),
  };
  const cache = createCache({ backend: full as unknown as typeof backend, prefix: "t", clock });
  expect(await cache.getOrSet("a", () => 1)).toBe(1);
  await settled();
  expect(shared.ownerOf("t::a")).toBeUndefined();
  expect(await process().getOrSet("a", () => 2)).toBe(2);
});

test("who has waited for a load in its own process does not wait for its lease as well", async () => {
  const { clock, process } = world({ patience: "1s" });
  const cache = process();
  void cache.getOrSet("a", () => new Promise(() => {}));
  await settled();
  const call = cache.getOrSet("a", () => 2);
  await settled();
  await pass(clock, 1_020);
  expect(await call).toBe(2);
});

test("a stale value stands in for what another process takes too long to load", async () => {
  const { clock, process } = world({ ttl: "1s", staleIfError: "1h", timeout: { soft: 100 } });
  const [here, there] = [process(), process()];
  await here.getOrSet("a", () => 1);
  await settled();
  await clock.advance("2s");
  const gate = deferred<number>();
  void here.getOrSet("a", () => gate.promise);
  await settled();
  const call = there.getOrSet("a", () => 3);
  await settled();
  await pass(clock, 110);
  expect(await call).toBe(1);
  gate.resolve(2);
  await pass(clock, 50);
  expect(await there.get("a")).toBe(2);
});

describe("a stale value that was there when a caller began to wait for another process", () => {
  const purges: [string, (cache: Cache) => Promise<unknown>][] = [
    ["deleted", (cache) => cache.delete("a")],
    ["invalidated by its tag", (cache) => cache.invalidateTags(["t"])],
    ["cleared", (cache) => cache.clear()],
  ];
  test.each(purges)("does not stand in for an error once it was %s", async (_how, purge) => {
    const { clock, process } = world();
    const [here, there, third] = [process(), process(), process()];
    const options = { ttl: "1s", staleIfError: "1h", tags: ["t"] } as const;
    await here.getOrSet("a", () => 1, options);
    await settled();
    await clock.advance("2s");
    const [first, second] = [deferred<number>(), deferred<number>()];
    const outcomes = [here.getOrSet("a", () => first.promise, options)];
    await settled();
    outcomes.push(there.getOrSet("a", () => second.promise, options));
    await pass(clock, 50);
    await purge(third);
    first.reject(new Error("first"));
    await pass(clock, 200);
    // It comes after the purge, and waits for the load of one who had come before.
    outcomes.push(there.getOrSet("a", () => 3, options));
    await settled();
    second.reject(new Error("second"));
    const [, before, after] = await Promise.allSettled(outcomes);
    expect([before, after]).toMatchObject([{ reason: new Error("second") }, { reason: new Error("second") }]);
  });
});

test("a refresh goes by nothing that was stored: it fails as its load does, and waits for it", async () => {
  const { clock, process } = world({ staleIfError: "1h", timeout: { soft: 100 } });
  const cache = process();
  const load = vi.fn(async () => 1);
  const get = cache.wrap(load, { name: "get" });
  await get();
  await settled();
  load.mockRejectedValueOnce(new Error("broken"));
  await expect(get.refresh()).rejects.toThrow("broken");
  const gate = deferred<number>();
  load.mockReturnValueOnce(gate.promise);
  const call = get.refresh();
  await settled();
  await pass(clock, 200);
  gate.resolve(2);
  expect(await call).toBe(2);
});

test("what is never stored is waited for once, not again and again", async () => {
  const { clock, process } = world();
  const caches = [process(), process(), process()];
  const load = async ({ skip }: { skip(): void }) => {
    skip();
    await clock.advance(0);
    return new Promise<number>((resolve) => {
      clock.after(100, () => resolve(1));
    });
  };
  const round = async () => {
    const began = clock.now();
    const calls = caches.map((cache) => cache.getOrSet("a", (context) => load({ skip: () => context.skip() })));
    let done = false;
    void Promise.all(calls).then(() => {
      done = true;
    });
    while (!done) await pass(clock, 5);
    return clock.now() - began;
  };
  await round();
  expect(await round()).toBeLessThan(250);
});

test("a lease that could not be released is released as soon as the backend can be reached again", async () => {
  const { shared, clock, process } = world({ breaker: { threshold: 1_000 } });
  const backend = shared.process();
  let reachable = true;
  const unreachable = () => Promise.reject(new Error("no connection"));
  const leases = backend.leases?.("") as Leases;
  const flaky = {
    ...backend,
    leases: (): Leases => ({
      ...leases,
      fill: unreachable,
      release: (key, owner) => (reachable ? leases.release(key, owner) : unreachable()),
    }),
  };
  const cache = createCache({ backend: flaky, prefix: "t", clock });
  reachable = false;
  expect(await cache.getOrSet("a", () => 1)).toBe(1);
  await settled();
  expect(shared.ownerOf("t::a")).toBeDefined();
  const call = process().getOrSet("a", () => 2);
  await settled();
  await pass(clock, 500);
  reachable = true;
  await pass(clock, 160);
  expect(await call).toBe(2);
});

test("after a failure of the backend, nobody waits for the leases of others, for as long as those may outlive it", async () => {
  const { shared, clock, process } = world({ lease: "5s" });
  const holder = process();
  void holder.getOrSet("a", () => new Promise(() => {}));
  await settled();
  const backend = shared.process();
  let broken = true;
  const shaken = createCache({
    backend: { ...backend, get: (key) => (broken ? Promise.reject(new Error("reset")) : backend.get(key)) },
    prefix: "t",
    clock,
    patience: "20s",
  });
  await shaken.get("b");
  broken = false;
  expect(await shaken.getOrSet("a", () => 2)).toBe(2);
  await pass(clock, 5_000);
  const load = vi.fn(() => 3);
  const call = shaken.getOrSet("a", load);
  await settled();
  await pass(clock, 200);
  expect(load).not.toHaveBeenCalled();
  await holder.delete("a");
  await pass(clock, 150);
  expect(await call).toBe(3);
});

describe("a load that began without a lease, as the backend had just failed", () => {
  async function unleased() {
    const { shared, clock, process } = world({ lease: "5s" });
    const [holder, remover] = [process(), process()];
    for (const key of ["a", "c"]) void holder.getOrSet(key, () => new Promise(() => {}));
    await settled();
    const backend = shared.process();
    let broken = true;
    const cache = createCache({
      backend: { ...backend, get: (key) => (broken ? Promise.reject(new Error("reset")) : backend.get(key)) },
      prefix: "t",
      clock,
    });
    await cache.get("b");
    broken = false;
    const gate = deferred<string>();
    const [first, second] = [cache.getOrSet("a", () => gate.promise), cache.getOrSet("c", () => gate.promise)];
    await settled();
    return { cache, remover, gate, first, second };
  }

  test("is not joined after a removal in another process", async () => {
    const { cache, remover, gate, first } = await unleased();
    await remover.delete("a");
    const [load, another] = [vi.fn(() => "new"), vi.fn(() => "another")];
    const calls = [cache.getOrSet("a", load), cache.getOrSet("a", another)];
    await settled();
    gate.resolve("old");
    expect(await Promise.all(calls)).toEqual(["new", "new"]);
    expect([load, another].map(({ mock }) => mock.calls.length)).toEqual([1, 0]);
    expect(await first).toBe("old");
    expect(await remover.get("a")).toBe("new");
  });

  test("is not joined where another process has stored a value by now", async () => {
    const { cache, remover, gate, first } = await unleased();
    const load = vi.fn(() => "new");
    const call = cache.getOrSet("a", load);
    await remover.set("a", "stored");
    expect(await call).toBe("stored");
    gate.resolve("old");
    expect(await first).toBe("old");
    expect(load).not.toHaveBeenCalled();
  });

  test("is taken over by one call for many keys", async () => {
    const { cache, remover, gate, first, second } = await unleased();
    await Promise.all([remover.delete("a"), remover.delete("c")]);
    const loadMany = vi.fn((keys: readonly string[]) => keys.map((key) => [key, "new"] as const));
    expect(await cache.getOrSetMany(["a", "c"], loadMany)).toEqual(["new", "new"]);
    expect(loadMany.mock.calls.map(([keys]) => keys)).toEqual([["a", "c"]]);
    gate.resolve("old");
    expect(await Promise.all([first, second])).toEqual(["old", "old"]);
  });

  test("is shared as long as somebody else has the lease", async () => {
    const { cache, gate, first } = await unleased();
    const load = vi.fn(() => "new");
    const calls = [cache.getOrSet("a", load), cache.getOrSet("a", load)];
    await settled();
    gate.resolve("shared");
    expect(await Promise.all([first, ...calls])).toEqual(["shared", "shared", "shared"]);
    expect(load).not.toHaveBeenCalled();
    expect(cache.counters()).toMatchObject({ misses: 3, shared: 2 });
  });
});

describe("who takes over a load that began without a lease", () => {
  /** The first lease is not to be had. From `hold` on, leases are given, and the answers wait. */
  function slowly() {
    const { clock, shared } = world();
    const answers: (() => void)[] = [];
    let asked = 0;
    let holds = false;
    const cache = having(shared, clock, ({ acquire }) => ({
      async acquire(...asks) {
        if (asked++ === 0) throw new Error("OOM");
        const acquired = await acquire(...asks);
        if (holds) await new Promise<void>((resolve) => answers.push(resolve));
        return acquired;
      },
    }));
    const hold = () => {
      holds = true;
    };
    const answer = async () => {
      answers.shift()?.();
      await settled();
    };
    return { clock, shared, cache, hold, answer };
  }

  test("gives way to a refresh that has begun meanwhile, and its value is stored", async () => {
    const { shared, cache, hold, answer } = slowly();
    const old = deferred<string>();
    const loads: (string | Promise<string>)[] = [old.promise, "new", "another"];
    const load = vi.fn(async () => loads.shift() ?? "none");
    const cached = cache.wrap(load, { name: "load" });
    const first = cached();
    await settled();
    hold();
    const second = cached();
    await settled();
    const refreshed = cached.refresh();
    await settled();
    await answer();
    await answer();
    expect(await Promise.all([second, refreshed])).toEqual(["new", "new"]);
    expect(load).toHaveBeenCalledTimes(2);
    expect(shared.bytes.size).toBe(1);
    old.resolve("old");
    expect(await first).toBe("old");
  });

  test("gives way to who leads by then, so that one load runs", async () => {
    const { clock, cache, hold, answer } = slowly();
    const old = deferred<string>();
    const first = cache.getOrSet("a", () => old.promise);
    await settled();
    hold();
    const gate = deferred<string>();
    const load = vi.fn(() => gate.promise);
    const second = cache.getOrSet("a", load);
    await settled();
    old.resolve("old");
    await first;
    const third = cache.getOrSet("a", load);
    await settled();
    await answer();
    await answer();
    for (let turn = 0; turn < 20; turn++) {
      await clock.advance(10);
      await answer();
    }
    expect(load).toHaveBeenCalledTimes(1);
    gate.resolve("new");
    expect(await Promise.all([second, third])).toEqual(["new", "new"]);
  });
});

test("an early refresh is made of a value in bytes, too", async () => {
  const coder = {
    name: "bytes",
    encode: (value: unknown) => Uint8Array.of(Number(value)),
    decode: (bytes: unknown) => bytes,
  };
  const { clock, process } = world({ coder, ttl: "10s", earlyRefresh: { beta: 1e9 } });
  const cache = process();
  let value = 0;
  const load = () =>
    new Promise<number>((resolve) => {
      clock.after(20, () => resolve(++value));
    });
  const call = cache.getOrSet("a", load);
  await pass(clock, 50);
  await call;
  await clock.advance("5s");
  await cache.getOrSet("a", load);
  await pass(clock, 50);
  expect(value).toBe(2);
});

test("where memory cannot be given back, others are waited for all the same", async () => {
  const { shared, clock, process, told } = world();
  const reclaim = () => Promise.reject(new Error("NOPERM"));
  const here = createCache({
    backend: { ...shared.process(), reclaim },
    prefix: "t",
    clock,
    onEvent: (event) => told.push(event.type === "backend-error" ? `backend-error ${event.operation}` : event.type),
  });
  await here.clear();
  await settled();
  expect(told).toContain("backend-error reclaim");
  const gate = deferred<number>();
  const other = process().getOrSet("a", () => gate.promise);
  await settled();
  const load = vi.fn(async () => 2);
  const call = here.getOrSet("a", load);
  await pass(clock, 50);
  gate.resolve(1);
  await pass(clock, 150);
  expect(await Promise.all([other, call])).toEqual([1, 1]);
  expect(load).not.toHaveBeenCalled();
});
