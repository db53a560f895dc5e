import { describe, expect, test, vi } from "vitest";
import type { LoadManyContext } from "../src/index.ts";
import { deferred, faultyRig, kinds, rig, settled } from "./kit.ts";

/** A load of many keys that counts its runs and gives `key!` for each key, but for some. */
function loader(...without: string[]) {
  return vi.fn(async (keys: readonly string[]) => {
    await settled();
    return new Map(keys.filter((key) => !without.includes(key)).map((key) => [key, `${key}!`]));
  });
}

const asked = (load: ReturnType<typeof loader>) => load.mock.calls.map(([keys]) => [...keys]);

describe.each(kinds)("getMany, on %s", (kind) => {
  test("gives what is there, in the order of the keys", async () => {
    const { cache } = rig(kind);
    const view = cache.namespace("n");
    await cache.set("a", 0);
    await view.set("a", 1);
    await view.set("b", null);
    expect(await view.getMany(["b", "x", "a", "b"])).toEqual([null, undefined, 1, null]);
    expect(await cache.getMany(["a"], { namespace: "n" })).toEqual([1]);
    expect(await cache.getMany([])).toEqual([]);
    expect(cache.counters()).toMatchObject({ hits: 3, misses: 1 });
  });

  test("what cannot be read is missing, and the rest is there", async () => {
    const { cache, told } = rig(kind);
    const coder = {
      encode: (value: unknown) => String(value),
      decode: (text: unknown) => {
        if (text === "bad") throw new Error("unreadable");
        return text;
      },
    };
    await cache.set("a", "good", { coder });
    await cache.set("b", "bad", { coder });
    expect(await cache.getMany(["a", "b"], { coder })).toEqual(["good", undefined]);
    expect(told()).toContain("decode-error");
  });

  test("a wrong key is refused", async () => {
    const { cache } = rig(kind);
    await expect(cache.getMany(["a", ""])).rejects.toMatchObject({ code: "KEY_INVALID" });
    await expect(cache.getMany(["a", 1 as unknown as string])).rejects.toMatchObject({ code: "KEY_INVALID" });
  });
});

describe.each(kinds)("getOrSetMany, on %s", (kind) => {
  test("what cannot be read is loaded as well, however many others are missing", async () => {
    const coder = {
      encode: (value: unknown) => JSON.stringify(value),
      decode: (text: unknown) => {
        if (text === '"old"') throw new Error("of an older version");
        return JSON.parse(String(text));
      },
    };
    const { cache } = rig(kind, { coder });
    await cache.set("a", "old");
    expect(await cache.getOrSetMany(["a", "b"], loader())).toEqual(["a!", "b!"]);
    await settled();
    expect(await cache.getMany(["a", "b"])).toEqual(["a!", "b!"]);
  });

  test("loads what is missing, all in one, and gives all in the order of the keys", async () => {
    const { cache } = rig(kind);
    await cache.set("b", "there");
    const load = loader();
    expect(await cache.getOrSetMany(["a", "b", "c", "a"], load)).toEqual(["a!", "there", "c!", "a!"]);
    expect(asked(load)).toEqual([["a", "c"]]);
    expect(await cache.getOrSetMany(["c", "b", "a"], load)).toEqual(["c!", "there", "a!"]);
    expect(load).toHaveBeenCalledTimes(1);
    expect(await cache.getOrSetMany([], load)).toEqual([]);
    expect(load).toHaveBeenCalledTimes(1);
    expect(await cache.get("a")).toBe("a!");
  });

  test("a Map, or pairs, in any order; null and undefined are values; what was not asked for is left aside", async () => {
    const { cache } = rig(kind);
    const pairs = [
      ["c", null],
      ["other", 1],
      ["a", undefined],
    ] as const;
    expect(await cache.getOrSetMany(["a", "b", "c"], () => pairs)).toEqual([undefined, undefined, null]);
    const load = loader();
    expect(await cache.getOrSetMany(["a", "b", "c", "other"], load)).toEqual([undefined, "b!", null, "other!"]);
    expect(asked(load)).toEqual([["b", "other"]]);
  });

  test.each([[undefined], [null], [{ a: 1 }], [[1]], ["ab"], [5]])("%o is nothing of the sort", async (given) => {
    const { cache } = rig(kind);
    const wrong = expect.objectContaining({ code: "OPTION_INVALID", option: "loadMany" });
    await expect(cache.getOrSetMany(["a"], () => given as never)).rejects.toEqual(wrong);
    expect(await cache.getOrSet("a", () => 1)).toBe(1);
  });

  test("what it does not give is not there, not stored, and loaded by those who waited for it", async () => {
    const { cache } = rig(kind);
    const many = cache.getOrSetMany(["a", "gone"], loader("gone"));
    await settled();
    const single = cache.getOrSet("gone", () => "found");
    expect(await many).toEqual(["a!", undefined]);
    expect(await single).toBe("found");
    expect(await cache.get("gone")).toBe("found");
    const load = loader("none");
    expect(await cache.getOrSetMany(["none"], load)).toEqual([undefined]);
    expect(await cache.getOrSetMany(["none"], load)).toEqual([undefined]);
    expect(load).toHaveBeenCalledTimes(2);
  });

  test("what is gone by now is not served stale any longer", async () => {
    const { cache, clock } = rig(kind, { ttl: "1s", staleWhileRevalidate: "1h" });
    await cache.getOrSetMany(["a"], loader());
    await clock.advance("1s");
    expect(await cache.getOrSetMany(["a"], loader("a"))).toEqual(["a!"]);
    await settled();
    await settled();
    expect(await cache.getOrSetMany(["a"], loader("a"))).toEqual([undefined]);
  });

  test("a key that is loaded already is waited for, whoever loads it", async () => {
    const { cache } = rig(kind);
    const gate = deferred<string>();
    const single = cache.getOrSet("a", () => gate.promise);
    await settled();
    const gates = deferred<void>();
    const load = loader();
    load.mockImplementation(async () => {
      await gates.promise;
      return new Map([["b", "b!"]]);
    });
    const many = cache.getOrSetMany(["a", "b"], load);
    await settled();
    expect(asked(load)).toEqual([["b"]]);
    const other = loader();
    const both = [cache.getOrSetMany(["b", "c"], other), cache.getOrSet("b", () => "own")];
    await settled();
    gate.resolve("single");
    gates.resolve();
    expect(await many).toEqual(["single", "b!"]);
    expect(await single).toBe("single");
    expect(await Promise.all(both)).toEqual([["b!", "c!"], "b!"]);
    expect(asked(other)).toEqual([["c"]]);
  });

  test("if that comes to nothing, the key is loaded after all", async () => {
    const { cache, clock } = rig(kind, { patience: "1s" });
    cache.getOrSet("a", () => new Promise(() => {}));
    await settled();
    const load = loader();
    const many = cache.getOrSetMany(["a", "b"], load);
    await settled();
    expect(asked(load)).toEqual([["b"]]);
    await clock.advance("1s");
    expect(await many).toEqual(["a!", "b!"]);
    expect(asked(load)).toEqual([["b"], ["a"]]);
  });

  test("its error reaches all who wait for any of the keys, and nothing is stored", async () => {
    const { cache } = rig(kind);
    const error = new Error("down");
    const gate = deferred<never>();
    const load = vi.fn(() => gate.promise);
    const calls = [cache.getOrSetMany(["a", "b"], load)];
    await settled();
    calls.push(cache.getOrSetMany(["b"], loader()), cache.getOrSet("a", () => 1) as never);
    await settled();
    gate.reject(error);
    const outcomes = await Promise.allSettled(calls);
    expect(outcomes.map((outcome) => outcome.status === "rejected" && outcome.reason)).toEqual([error, error, error]);
    expect(await cache.getMany(["a", "b"])).toEqual([undefined, undefined]);
    await expect(
      cache.getOrSetMany(["a"], () => {
        throw error;
      }),
    ).rejects.toBe(error);
  });

  test("where stale values may stand in, they do, for those keys that have one", async () => {
    const { cache, clock } = rig(kind, { ttl: "1s", staleIfError: "1h" });
    await cache.getOrSetMany(["a", "b"], loader());
    await clock.advance("1s");
    const down = vi.fn(() => Promise.reject(new Error("down")));
    expect(await cache.getOrSetMany(["a", "b"], down)).toEqual(["a!", "b!"]);
    await expect(cache.getOrSetMany(["a", "c"], down)).rejects.toThrow("down");
    expect(down).toHaveBeenCalledTimes(2);
    expect(down).toHaveBeenLastCalledWith(["c"], expect.anything());
  });

  test("stale values are served at once, and renewed together in the background", async () => {
    const { cache, clock } = rig(kind, { ttl: "1s", staleWhileRevalidate: "1h" });
    await cache.getOrSetMany(["a", "b"], loader());
    await clock.advance("1s");
    const gate = deferred<Map<string, string>>();
    const load = vi.fn((_keys: readonly string[]) => gate.promise);
    expect(await cache.getOrSetMany(["a", "b"], load)).toEqual(["a!", "b!"]);
    expect(asked(load as never)).toEqual([["a", "b"]]);
    gate.resolve(
      new Map([
        ["a", "new"],
        ["b", "newer"],
      ]),
    );
    await settled();
    expect(await cache.getMany(["a", "b"])).toEqual(["new", "newer"]);
  });

  test("ttl, tags and storeIf know each value and its key; the context is for all of them", async () => {
    const { cache, clock } = rig(kind);
    const options = {
      ttl: (_value: string, key: string) => (key === "a" ? "1s" : "1m"),
      tags: (value: string, key: string) => [`${key}=${value}`],
      storeIf: (_value: string, key: string) => key !== "skipped",
    } as const;
    await cache.getOrSetMany(["a", "b", "c", "skipped"], loader(), options);
    expect(await cache.getMany(["a", "b", "c", "skipped"])).toEqual(["a!", "b!", "c!", undefined]);
    await clock.advance("1s");
    await cache.invalidateTags(["c=c!"]);
    expect(await cache.getMany(["a", "b", "c"])).toEqual([undefined, "b!", undefined]);
    await cache.getOrSetMany(["d", "e"], async (keys, context: LoadManyContext) => {
      context.ttl = "2s";
      context.tags = ["all"];
      return keys.map((key) => [key, key] as const);
    });
    await clock.advance("1s");
    expect(await cache.getMany(["d", "e"])).toEqual(["d", "e"]);
    await cache.invalidateTags(["all"]);
    expect(await cache.getMany(["d", "e"])).toEqual([undefined, undefined]);
    await cache.getOrSetMany(["f"], (keys, context) => {
      context.skip();
      return keys.map((key) => [key, key] as const);
    });
    expect(await cache.get("f")).toBeUndefined();
  });

  test("a purge during the load makes void what it gives; a delete only its key", async () => {
    const { cache } = rig(kind);
    const gate = deferred<void>();
    const load = async (keys: readonly string[]) => {
      await gate.promise;
      return keys.map((key) => [key, "old"] as const);
    };
    const many = cache.getOrSetMany(["a", "b"], load, { tags: (_value, key) => [key] });
    await settled();
    await cache.invalidateTags(["a"]);
    await cache.delete("c");
    const others = cache.getOrSetMany(["c", "d"], load);
    await settled();
    await cache.delete("c");
    gate.resolve();
    await Promise.all([many, others]);
    expect(await cache.getMany(["a", "b", "c", "d"])).toEqual([undefined, "old", undefined, "old"]);
  });

  test("a caller who goes away takes the load along if nobody waits for any of its keys", async () => {
    const { cache } = rig(kind);
    const signals: AbortSignal[] = [];
    const gate = deferred<[string, string][]>();
    const load = (_keys: readonly string[], { signal }: LoadManyContext) => {
      signals.push(signal);
      return gate.promise;
    };
    for (const waits of [false, true]) {
      const caller = new AbortController();
      const many = cache.getOrSetMany(["a", "b"], load, { signal: caller.signal });
      await settled();
      const waiting = waits ? cache.getOrSet("b", () => "own") : undefined;
      await settled();
      caller.abort("gone");
      await expect(many).rejects.toBe("gone");
      expect(signals.at(-1)?.aborted).toBe(!waits);
      if (!waits) continue;
      gate.resolve([["b", "from many"]]);
      expect(await waiting).toBe("from many");
    }
    expect(await cache.get("b")).toBe("from many");
  });

  test("hard and soft limits hold for each key", async () => {
    const { cache, clock } = rig(kind, { ttl: "1s", staleIfError: "1h", timeout: { soft: 100, hard: "5s" } });
    await cache.getOrSetMany(["a"], loader());
    await clock.advance("1s");
    let signal: AbortSignal | undefined;
    const load = (_keys: readonly string[], context: LoadManyContext) => {
      signal = context.signal;
      return new Promise<never>(() => {});
    };
    const stale = cache.getOrSetMany(["a"], load);
    await clock.advance(100);
    expect(await stale).toEqual(["a!"]);
    const both = expect(cache.getOrSetMany(["a", "b"], load)).rejects.toMatchObject({ code: "LOAD_TIMEOUT" });
    await clock.advance("5s");
    await both;
    expect(signal?.aborted).toBe(true);
  });

  test("a failure is remembered for each key", async () => {
    const { cache } = rig(kind, { errorTtl: "1m" });
    await expect(cache.getOrSetMany(["a", "b"], () => Promise.reject(new Error("down")))).rejects.toThrow("down");
    const load = loader();
    await expect(cache.getOrSetMany(["b", "c"], load)).rejects.toThrow("down");
    expect(asked(load)).toEqual([["c"]]);
    await settled();
    await cache.delete("b");
    expect(await cache.getOrSetMany(["b", "c"], load)).toEqual(["b!", "c!"]);
  });
});

test("many keys far away are asked for in the same moment", async () => {
  const { cache, backend } = faultyRig();
  const keys = Array.from({ length: 50 }, (_, index) => `k${index}`);
  await cache.getOrSetMany(keys, loader());
  let atOnce = 0;
  let most = 0;
  const { get } = backend;
  const spied = vi.spyOn(backend, "get").mockImplementation(async (key) => {
    most = Math.max(most, ++atOnce);
    try {
      return (await get.call(backend, key)) as never;
    } finally {
      atOnce--;
    }
  });
  const load = loader();
  expect(await cache.getOrSetMany(keys, load)).toEqual(keys.map((key) => `${key}!`));
  expect(await cache.getMany(keys)).toHaveLength(50);
  expect(load).not.toHaveBeenCalled();
  expect(spied).toHaveBeenCalledTimes(100);
  expect(most).toBe(50);
});

test("with the backend gone, all is loaded and nothing stored", async () => {
  const { cache, faults } = faultyRig();
  faults.fail();
  expect(await cache.getMany(["a", "b"])).toEqual([undefined, undefined]);
  expect(await cache.getOrSetMany(["a", "b"], loader())).toEqual(["a!", "b!"]);
});

test("a cache that is switched off loads all of it", async () => {
  const { cache } = rig("memory", { enabled: false });
  const load = loader("c");
  expect(await cache.getOrSetMany(["a", "b", "a", "c"], load)).toEqual(["a!", "b!", "a!", undefined]);
  expect(asked(load)).toEqual([["a", "b", "c"]]);
  expect(await cache.getMany(["a", "b"])).toEqual([undefined, undefined]);
});
