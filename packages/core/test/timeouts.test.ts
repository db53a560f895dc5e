import { describe, expect, test, vi } from "vitest";
import type { LoadContext } from "../src/index.ts";
import { deferred, kinds, rig, settled } from "./kit.ts";

const timedOut = expect.objectContaining({ code: "LOAD_TIMEOUT", message: "The load took longer than 5000 ms." });

describe.each(kinds)("timeout.hard, on %s", (kind) => {
  const options = { timeout: { hard: "5s" } } as const;

  test("all who wait get an error, the load's signal is aborted, and what comes later is not stored", async () => {
    const { cache, clock, told } = rig(kind);
    const gate = deferred<string>();
    let signal: AbortSignal | undefined;
    const load = vi.fn((context: LoadContext) => {
      signal = context.signal;
      return gate.promise;
    });
    const calls = Promise.allSettled([1, 2, 3].map(() => cache.getOrSet("a", load, options)));
    await clock.advance(4_999);
    expect(signal?.aborted).toBe(false);
    await clock.advance(1);
    const outcomes = await calls;
    expect(outcomes.map((outcome) => outcome.status === "rejected" && outcome.reason)).toEqual([
      timedOut,
      timedOut,
      timedOut,
    ]);
    expect(load).toHaveBeenCalledTimes(1);
    expect(signal?.reason).toEqual(timedOut);
    expect(told()).toEqual(["miss", "load-error"]);
    gate.resolve("late");
    await settled();
    expect(await cache.get("a")).toBeUndefined();
    expect(told()).toEqual(["miss"]);
    expect(await cache.getOrSet("a", () => "new", options)).toBe("new");
    await clock.advance("1s");
    expect(clock.pending).toBe(0);
  });

  test("nobody is asked about what comes later", async () => {
    const { cache, clock, told } = rig(kind);
    const gate = deferred<string>();
    const tags = vi.fn(() => []);
    const call = expect(
      cache.getOrSet(
        "a",
        (context) => {
          context.skip();
          return gate.promise;
        },
        { ...options, tags },
      ),
    ).rejects.toEqual(timedOut);
    await clock.advance("5s");
    await call;
    told();
    gate.resolve("late");
    await settled();
    expect(tags).not.toHaveBeenCalled();
    expect(told()).toEqual([]);
  });

  test("what a load throws because of its signal is dropped", async () => {
    const { cache, clock, told } = rig(kind);
    const load = ({ signal }: LoadContext) =>
      new Promise<never>((_resolve, reject) => signal.addEventListener("abort", () => reject(new Error("aborted"))));
    const call = cache.getOrSet("a", load, options);
    const rejected = expect(call).rejects.toEqual(timedOut);
    await clock.advance("5s");
    await rejected;
    await settled();
    expect(told().filter((type) => type === "load-error")).toHaveLength(1);
  });

  test("a value that may stand in for errors stands in for this one", async () => {
    const { cache, clock } = rig(kind);
    const stale = { ...options, ttl: "1s", staleIfError: "1h" } as const;
    await cache.getOrSet("a", () => "old", stale);
    await clock.advance("1s");
    const calls = [1, 2].map(() => cache.getOrSet("a", () => new Promise<string>(() => {}), stale));
    await clock.advance("5s");
    expect(await Promise.all(calls)).toEqual(["old", "old"]);
  });

  test("a load in the background is bound by it too", async () => {
    const { cache, clock, told } = rig(kind);
    const stale = { ...options, ttl: "1s", staleWhileRevalidate: "1h" } as const;
    await cache.getOrSet("a", () => "old", stale);
    await clock.advance("1s");
    const hanging = vi.fn(() => new Promise<string>(() => {}));
    expect(await cache.getOrSet("a", hanging, stale)).toBe("old");
    await clock.advance("5s");
    expect(told()).toContain("load-error");
    expect(await cache.getOrSet("a", hanging, stale)).toBe("old");
    expect(hanging).toHaveBeenCalledTimes(1);
    await clock.advance("1s");
    expect(await cache.getOrSet("a", () => "new", stale)).toBe("old");
    await settled();
    expect(await cache.get("a")).toBe("new");
  });

  test("a wrapped function has it, refreshes too, and a cache that is switched off", async () => {
    let enabled = true;
    const { cache, clock } = rig(kind, { ...options, enabled: () => enabled });
    const get = cache.wrap(() => new Promise(() => {}), { name: "get" });
    for (const call of [get, get.refresh]) {
      const rejected = expect(call()).rejects.toEqual(timedOut);
      await clock.advance("5s");
      await rejected;
    }
    enabled = false;
    let signal: AbortSignal | undefined;
    const rejected = [
      expect(get()).rejects.toEqual(timedOut),
      expect(
        cache.getOrSet("a", (context) => {
          signal = context.signal;
          return new Promise(() => {});
        }),
      ).rejects.toEqual(timedOut),
      expect(cache.getOrSetMany(["a"], () => new Promise(() => {}))).rejects.toEqual(timedOut),
    ];
    await clock.advance("5s");
    await Promise.all(rejected);
    expect(signal?.aborted).toBe(true);
    expect(clock.pending).toBe(0);
  });

  test("a load in time leaves no timer behind", async () => {
    const { cache, clock } = rig(kind, { ...options, ttl: 0 });
    expect(await cache.getOrSet("a", async () => 1)).toBe(1);
    await expect(cache.getOrSet("a", () => Promise.reject(new Error("no")))).rejects.toThrow("no");
    await settled();
    await clock.advance("1s");
    expect(clock.pending).toBe(0);
  });
});

describe.each(kinds)("timeout.soft, on %s", (kind) => {
  const options = { ttl: "1s", staleIfError: "1h", timeout: { soft: 100 } } as const;

  async function withStale() {
    const made = rig(kind);
    await made.cache.getOrSet("a", () => "old", options);
    await made.clock.advance("1s");
    made.told();
    return made;
  }

  test("each caller waits no longer than that, and the load goes on", async () => {
    const { cache, clock, told } = await withStale();
    const gate = deferred<string>();
    const load = vi.fn(() => gate.promise);
    const answers: string[] = [];
    const call = () => cache.getOrSet("a", load, options).then((value) => answers.push(value));
    call();
    await clock.advance(60);
    call();
    await clock.advance(39);
    expect(answers).toEqual([]);
    await clock.advance(1);
    expect(answers).toEqual(["old"]);
    await clock.advance(60);
    expect(answers).toEqual(["old", "old"]);
    expect(load).toHaveBeenCalledTimes(1);
    expect(told()).toEqual(["miss", "stale", "stale"]);
    gate.resolve("new");
    await settled();
    expect(await cache.get("a")).toBe("new");
    await clock.advance("1s");
    expect(clock.pending).toBe(0);
  });

  test("a load in time is what they get", async () => {
    const { cache, clock } = await withStale();
    const gate = deferred<string>();
    const calls = [1, 2].map(() => cache.getOrSet("a", () => gate.promise, options));
    await clock.advance(99);
    gate.resolve("new");
    expect(await Promise.all(calls)).toEqual(["new", "new"]);
  });

  test("a load that fails later is told, and leaves the value", async () => {
    const { cache, clock, told } = await withStale();
    const gate = deferred<string>();
    const call = cache.getOrSet("a", () => gate.promise, options);
    await clock.advance(100);
    expect(await call).toBe("old");
    gate.reject(new Error("down"));
    await settled();
    expect(told()).toContain("load-error");
    expect(await cache.getOrSet("a", () => "new", options)).toBe("old");
    await clock.advance("1s");
    expect(await cache.getOrSet("a", () => "new", options)).toBe("new");
  });

  test("without a value that may be served there is nothing but to wait", async () => {
    const { cache, clock } = rig(kind);
    const gate = deferred<string>();
    const answer = vi.fn();
    cache.getOrSet("a", () => gate.promise, options).then(answer);
    await clock.advance("1m");
    expect(answer).not.toHaveBeenCalled();
    gate.resolve("new");
    await settled();
    expect(answer.mock.calls).toEqual([["new"]]);
    await clock.advance("2s");
    const other = deferred<string>();
    // Stored without leave to be served stale.
    await cache.set("b", "old", { ttl: "1s" });
    await clock.advance("1s");
    cache.getOrSet("b", () => other.promise, options).then(answer);
    await clock.advance("1m");
    expect(answer).toHaveBeenCalledTimes(1);
  });

  test.each<[string, (cache: ReturnType<typeof rig>["cache"]) => Promise<unknown>]>([
    ["clear", (cache) => cache.clear()],
    ["delete", (cache) => cache.delete("a")],
  ])("after %s the value from before is not served any more", async (_what, purge) => {
    const { cache, clock } = await withStale();
    const gate = deferred<string>();
    const answers: string[] = [];
    for (let call = 0; call < 2; call++)
      cache.getOrSet("a", () => gate.promise, options).then((got) => answers.push(got));
    await clock.advance(50);
    await purge(cache);
    await clock.advance("1m");
    expect(answers).toEqual([]);
    gate.resolve("new");
    await settled();
    expect(answers.length).toBeGreaterThan(0);
    expect(answers).not.toContain("old");
  });

  test("soft and hard together: the value first, the load's end later", async () => {
    const { cache, clock, told } = await withStale();
    const both = { ...options, timeout: { soft: 100, hard: "5s" } } as const;
    let signal: AbortSignal | undefined;
    const call = cache.getOrSet(
      "a",
      (context) => {
        signal = context.signal;
        return new Promise<string>(() => {});
      },
      both,
    );
    await clock.advance(100);
    expect(await call).toBe("old");
    expect(signal?.aborted).toBe(false);
    await clock.advance(4_900);
    expect(signal?.reason).toEqual(timedOut);
    expect(told()).toEqual(["miss", "stale", "load-error"]);
  });

  test("what is left out of timeout is as the cache has it", async () => {
    const { cache, clock } = rig(kind, { timeout: { hard: "5s" } });
    const rejected = expect(
      cache.getOrSet("a", () => new Promise(() => {}), { timeout: { soft: 100 } }),
    ).rejects.toEqual(timedOut);
    await clock.advance("5s");
    await rejected;
  });
});
