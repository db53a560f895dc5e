import { getEventListeners } from "node:events";
import { describe, expect, test, vi } from "vitest";
import type { LoadContext } from "../src/index.ts";
import { deferred, faultyRig, kinds, rig, settled } from "./kit.ts";

/** A load that hangs, and what was seen of its signal. */
function hanging() {
  const gate = deferred<string>();
  const signals: AbortSignal[] = [];
  const load = vi.fn(({ signal }: LoadContext) => {
    signals.push(signal);
    return gate.promise;
  });
  return { load, gate, signals };
}

const listeners = (signal: AbortSignal) => getEventListeners(signal, "abort").length;

describe.each(kinds)("on %s", (kind) => {
  test("a caller that goes away is told so at once; the load is given up, and a newcomer begins another", async () => {
    const { cache } = rig(kind);
    const { load, gate, signals } = hanging();
    const caller = new AbortController();
    const call = cache.getOrSet("a", load, { signal: caller.signal });
    await settled();
    const reason = new Error("the client is gone");
    caller.abort(reason);
    await expect(call).rejects.toBe(reason);
    expect(signals[0]?.reason).toBe(reason);
    expect(await cache.getOrSet("a", () => "new")).toBe("new");
    gate.resolve("late");
    await settled();
    expect(await cache.get("a")).toBe("new");
  });

  test("the load goes on as long as anybody waits, whoever began it", async () => {
    const { cache } = rig(kind);
    const { load, gate, signals } = hanging();
    const callers = [1, 2, 3].map(() => new AbortController());
    const calls = callers.map(({ signal }) => cache.getOrSet("a", load, { signal }));
    await settled();
    for (const index of [0, 1]) {
      callers[index]?.abort(index);
      await expect(calls[index]).rejects.toBe(index);
    }
    expect(signals[0]?.aborted).toBe(false);
    const latecomer = cache.getOrSet("a", load);
    await settled();
    callers[2]?.abort(2);
    await expect(calls[2]).rejects.toBe(2);
    expect(signals[0]?.aborted).toBe(false);
    gate.resolve("value");
    expect(await latecomer).toBe("value");
    expect(load).toHaveBeenCalledTimes(1);
    expect(await cache.get("a")).toBe("value");
  });

  test("it is given up when the last one has gone", async () => {
    const { cache } = rig(kind);
    const { load, signals } = hanging();
    const callers = [1, 2, 3].map(() => new AbortController());
    const calls = callers.map(({ signal }) => cache.getOrSet("a", load, { signal }));
    await settled();
    for (const [index, caller] of callers.entries()) {
      caller.abort(index);
      await expect(calls[index]).rejects.toBe(index);
      expect(signals[0]?.aborted).toBe(index === 2);
    }
    expect(await cache.getOrSet("a", () => "new")).toBe("new");
  });

  test("a caller without a signal never goes away", async () => {
    const { cache } = rig(kind);
    const { load, gate, signals } = hanging();
    const stays = cache.getOrSet("a", load);
    const caller = new AbortController();
    const goes = cache.getOrSet("a", load, { signal: caller.signal });
    await settled();
    caller.abort("bye");
    await expect(goes).rejects.toBe("bye");
    expect(signals[0]?.aborted).toBe(false);
    gate.resolve("value");
    expect(await stays).toBe("value");
  });

  test("who has gone already gets nothing, not even what is there", async () => {
    const { cache, told } = rig(kind);
    await cache.set("a", 1);
    told();
    const signal = AbortSignal.abort("gone");
    const load = vi.fn(() => 2);
    await expect(cache.getOrSet("a", load, { signal })).rejects.toBe("gone");
    await expect(cache.getOrSetMany(["a"], () => [], { signal })).rejects.toBe("gone");
    expect(load).not.toHaveBeenCalled();
    expect(told()).toEqual([]);
  });

  test("who goes away while the backend is asked begins no load", async () => {
    const { cache } = rig(kind);
    const caller = new AbortController();
    const load = vi.fn(() => 1);
    const call = cache.getOrSet("a", load, { signal: caller.signal });
    caller.abort("gone");
    await expect(call).rejects.toBe("gone");
    await settled();
    expect(load).toHaveBeenCalledTimes(kind === "remote" ? 0 : 1);
    expect(await cache.getOrSet("a", () => 2)).toBe(2);
  });

  test("a load in the background does not care who goes", async () => {
    const { cache, clock } = rig(kind);
    const options = { ttl: "1s", staleWhileRevalidate: "1h" } as const;
    await cache.getOrSet("a", () => "old", options);
    await clock.advance("1s");
    const { load, gate, signals } = hanging();
    const caller = new AbortController();
    expect(await cache.getOrSet("a", load, { ...options, signal: caller.signal })).toBe("old");
    caller.abort();
    await settled();
    expect(signals[0]?.aborted).toBe(false);
    gate.resolve("new");
    await settled();
    expect(await cache.get("a")).toBe("new");
  });

  test("nor does one whose caller took a stale value meanwhile", async () => {
    const { cache, clock } = rig(kind);
    const options = { ttl: "1s", staleIfError: "1h", timeout: { soft: 100 } } as const;
    await cache.getOrSet("a", () => "old", options);
    await clock.advance("1s");
    const { load, signals } = hanging();
    const caller = new AbortController();
    const call = cache.getOrSet("a", load, { ...options, signal: caller.signal });
    await clock.advance(100);
    expect(await call).toBe("old");
    expect(listeners(caller.signal)).toBe(0);
    const follower = new AbortController();
    const following = cache.getOrSet("a", load, { ...options, signal: follower.signal });
    await clock.advance(100);
    expect(await following).toBe("old");
    expect(listeners(follower.signal)).toBe(0);
    caller.abort();
    follower.abort();
    await settled();
    expect(signals.map(({ aborted }) => aborted)).toEqual([false]);
  });

  test("when only those are left who have run out of patience, it is given up", async () => {
    const { cache, clock } = rig(kind, { patience: "5s" });
    const { load, signals } = hanging();
    const caller = new AbortController();
    const goes = cache.getOrSet("a", load, { signal: caller.signal });
    await settled();
    const stays = cache.getOrSet("a", () => "own");
    await settled();
    caller.abort("gone");
    await expect(goes).rejects.toBe("gone");
    expect(signals[0]?.aborted).toBe(false);
    await clock.advance("5s");
    expect(signals[0]?.aborted).toBe(true);
    expect(await stays).toBe("own");
  });

  test("nothing is left on a signal that lives long", async () => {
    const { cache, clock } = rig(kind, { patience: "1s" });
    const { signal } = new AbortController();
    const gate = deferred<string>();
    const outcomes = Promise.allSettled([
      ...Array.from({ length: 20 }, () => cache.getOrSet("a", () => gate.promise, { signal })),
      cache.getOrSet("b", () => Promise.reject(new Error("no")), { signal }),
      cache.getOrSetMany(["a", "c", "d"], async () => [["c", "e"]] as const, { signal }),
    ]);
    await settled();
    expect(listeners(signal)).toBeGreaterThan(0);
    gate.resolve("value");
    await outcomes;
    expect(await cache.getOrSet("a", () => "new", { signal })).toBe("value");
    await settled();
    expect(listeners(signal)).toBe(0);
    await clock.advance("2s");
    expect(clock.pending).toBe(0);
  });

  test("a deleted key's load is still counted for those who wait", async () => {
    const { cache } = rig(kind);
    const { load, gate, signals } = hanging();
    const caller = new AbortController();
    const call = cache.getOrSet("a", load, { signal: caller.signal });
    await settled();
    await cache.delete("a");
    expect(signals[0]?.aborted).toBe(false);
    caller.abort("gone");
    await expect(call).rejects.toBe("gone");
    expect(signals[0]?.aborted).toBe(true);
    gate.resolve("late");
    await settled();
    expect(await cache.get("a")).toBeUndefined();
  });
});

test("who goes away while a backend hangs does not wait for that, and nothing is loaded", async () => {
  const { cache, clock, faults } = faultyRig();
  faults.get.hang();
  const caller = new AbortController();
  const load = vi.fn(() => 1);
  const loadMany = vi.fn(() => new Map([["b", 1]]));
  const calls = [
    cache.getOrSet("a", load, { signal: caller.signal }),
    cache.getOrSetMany(["b", "c"], loadMany, { signal: caller.signal }),
  ];
  caller.abort("gone");
  for (const call of calls) await expect(call).rejects.toBe("gone");
  await clock.advance("1s");
  expect(load).not.toHaveBeenCalled();
  expect(loadMany).not.toHaveBeenCalled();
});

test("nor does anybody wait for what such a caller was to load", async () => {
  const { cache, clock, faults } = faultyRig();
  faults.get.delay(100);
  const caller = new AbortController();
  const gone = cache.getOrSetMany(["a", "b"], () => [], { signal: caller.signal });
  caller.abort("gone");
  await expect(gone).rejects.toBe("gone");
  await clock.advance(100);
  faults.heal();
  expect(await cache.getOrSet("b", () => 2)).toBe(2);
});

test("a load that asks for its signal only later finds it aborted", async () => {
  const { cache } = rig();
  let context: LoadContext | undefined;
  const caller = new AbortController();
  const call = cache.getOrSet(
    "a",
    (given) => {
      context = given;
      return new Promise(() => {});
    },
    { signal: caller.signal },
  );
  caller.abort("gone");
  await expect(call).rejects.toBe("gone");
  expect(context?.signal.reason).toBe("gone");
  expect(context?.signal).toBe(context?.signal);
});

test("a load that never asks costs no controller", async () => {
  const made = vi.spyOn(globalThis, "AbortController");
  const { cache } = rig();
  await cache.getOrSet("a", () => 1);
  await cache.getOrSet("b", () => 1, { timeout: { hard: "1s" } });
  expect(made).not.toHaveBeenCalled();
  await cache.getOrSet("c", ({ signal }) => signal.aborted);
  expect(made).toHaveBeenCalledTimes(1);
  made.mockRestore();
});

test("a cache that is switched off passes the caller's going on", async () => {
  const { cache } = rig("memory", { enabled: false });
  const { load, signals } = hanging();
  const caller = new AbortController();
  const call = cache.getOrSet("a", load, { signal: caller.signal });
  caller.abort("gone");
  await expect(call).rejects.toBe("gone");
  expect(signals[0]?.reason).toBe("gone");
});
