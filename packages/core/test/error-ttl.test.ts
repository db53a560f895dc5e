import { describe, expect, test, vi } from "vitest";
import { faultyRig, kinds, rig, settled } from "./kit.ts";

const failing = () => vi.fn(() => Promise.reject(new Error("down")));

describe.each(kinds)("on %s", (kind) => {
  const options = { errorTtl: "2s" } as const;

  test("for that time the same error is given without another load", async () => {
    const { cache, clock, told } = rig(kind);
    const error = new Error("down");
    const load = vi.fn(() => Promise.reject(error));
    await expect(cache.getOrSet("a", load, options)).rejects.toBe(error);
    await clock.advance(1_999);
    told();
    for (let call = 0; call < 3; call++) await expect(cache.getOrSet("a", load, options)).rejects.toBe(error);
    expect(load).toHaveBeenCalledTimes(1);
    expect(told()).toEqual([]);
    expect(cache.counters()).toMatchObject({ loads: 1, loadErrors: 1, shared: 3 });
    await clock.advance(1);
    expect(await cache.getOrSet("a", () => "works", options)).toBe("works");
  });

  test("without it, each call tries again", async () => {
    const { cache } = rig(kind);
    await expect(cache.getOrSet("a", failing(), options)).rejects.toThrow();
    expect(await cache.getOrSet("a", () => "works")).toBe("works");
    await expect(cache.getOrSet("b", failing())).rejects.toThrow();
    expect(await cache.getOrSet("b", () => "works", options)).toBe("works");
  });

  test("other keys and other arguments are not concerned", async () => {
    const { cache } = rig(kind, options);
    const fn = vi.fn(async (n: number) => {
      if (n === 1) throw new Error("no");
      return n;
    });
    const get = cache.wrap(fn, { name: "get" });
    await expect(get(1)).rejects.toThrow("no");
    await expect(get(1)).rejects.toThrow("no");
    expect(await get(2)).toBe(2);
    expect(fn).toHaveBeenCalledTimes(2);
    // Asked for by name.
    await expect(get.refresh(1)).rejects.toThrow("no");
    expect(fn).toHaveBeenCalledTimes(3);
  });

  test.each<[string, (cache: ReturnType<typeof rig>["cache"]) => Promise<unknown>]>([
    ["delete", (cache) => cache.delete("a")],
    ["clear", (cache) => cache.clear()],
    ["clear of the namespace", (cache) => cache.clear({ namespace: "n" })],
    ["a soft clear", (cache) => cache.clear({ soft: true })],
    ["a purge of its tag", (cache) => cache.invalidateTags(["t"])],
  ])("%s ends it", async (_what, purge) => {
    const { cache } = rig(kind, options);
    const view = cache.namespace("n");
    const tagged = { tags: ["t"] };
    await expect(view.getOrSet("a", failing(), tagged)).rejects.toThrow("down");
    await purge(view as typeof cache);
    expect(await view.getOrSet("a", () => "works", tagged)).toBe("works");
  });

  test("a purge of something else does not", async () => {
    const { cache } = rig(kind, options);
    const view = cache.namespace("n");
    await expect(view.getOrSet("a", failing())).rejects.toThrow("down");
    await view.delete("b");
    await cache.delete("a");
    await cache.clear({ namespace: "other" });
    await cache.invalidateTags(["t"]);
    await expect(view.getOrSet("a", () => "works")).rejects.toThrow("down");
  });

  test("a value that is put in by hand ends it, also when it is gone again", async () => {
    const { cache, clock } = rig(kind, options);
    await expect(cache.getOrSet("a", failing())).rejects.toThrow("down");
    await cache.set("a", "by hand", { ttl: 100 });
    expect(await cache.getOrSet("a", failing())).toBe("by hand");
    await clock.advance(100);
    expect(await cache.getOrSet("a", () => "works")).toBe("works");
  });

  test("a load that ends well ends it, also when its value has expired", async () => {
    const { cache, clock } = rig(kind, { errorTtl: "1h", ttl: "1s" });
    const load = vi.fn<() => Promise<string>>().mockRejectedValueOnce(new Error("down")).mockResolvedValue("works");
    const get = cache.wrap(load, { name: "get" });
    await expect(get()).rejects.toThrow("down");
    await get.refresh();
    await clock.advance("1s");
    expect(await get()).toBe("works");
  });

  test("a load that a delete had overtaken is not remembered as a failure", async () => {
    const { cache } = rig(kind, options);
    let fail = (_error: Error): void => {};
    const call = cache.getOrSet("a", () => new Promise((_resolve, reject) => (fail = reject)));
    const rejected = expect(call).rejects.toThrow("down");
    await settled();
    await cache.delete("a");
    fail(new Error("down"));
    await rejected;
    expect(await cache.getOrSet("a", () => "works")).toBe("works");
  });

  test("with a stale value, that is given for so long without another load", async () => {
    const { cache, clock } = rig(kind, { ...options, ttl: "1s", staleIfError: "1h" });
    await cache.getOrSet("a", () => "old");
    await clock.advance("1s");
    const load = failing();
    expect(await cache.getOrSet("a", load)).toBe("old");
    await clock.advance(1_999);
    expect(await cache.getOrSet("a", load)).toBe("old");
    expect(load).toHaveBeenCalledTimes(1);
    await clock.advance(1);
    expect(await cache.getOrSet("a", load)).toBe("old");
    expect(load).toHaveBeenCalledTimes(2);
  });

  test("a load that took too long has failed, too", async () => {
    const { cache, clock } = rig(kind, { ...options, timeout: { hard: "1s" } });
    const load = vi.fn(() => new Promise(() => {}));
    const timedOut = expect.objectContaining({ code: "LOAD_TIMEOUT" });
    const first = expect(cache.getOrSet("a", load)).rejects.toEqual(timedOut);
    await clock.advance("1s");
    await first;
    await expect(cache.getOrSet("a", load)).rejects.toEqual(timedOut);
    expect(load).toHaveBeenCalledTimes(1);
  });
});

test("it holds while the backend is gone, and a purge that could not reach it ends it all the same", async () => {
  const { cache, faults } = faultyRig({ errorTtl: "1h" });
  faults.fail();
  await expect(cache.getOrSet("a", failing())).rejects.toThrow("down");
  await expect(cache.getOrSet("a", () => "works")).rejects.toThrow("down");
  await expect(cache.clear()).rejects.toThrow(expect.objectContaining({ code: "INVALIDATION_PENDING" }));
  expect(await cache.getOrSet("a", () => "works")).toBe("works");
});
