import { describe, expect, test, vi } from "vitest";
import { createCache, type Duration, jsonCoder } from "../src/index.ts";
import { byteBackend, counter, faultyRig, kinds, rig } from "./kit.ts";

describe.each(kinds)("on %s", (kind) => {
  test("a value that was set is got, until it is deleted", async () => {
    const { cache } = rig(kind);
    expect(await cache.get("a")).toBeUndefined();
    expect(await cache.set("a", { n: 1 })).toBe(true);
    expect(await cache.get("a")).toEqual({ n: 1 });
    expect(await cache.set("a", { n: 2 })).toBe(true);
    expect(await cache.get("a")).toEqual({ n: 2 });
    expect(await cache.delete("a")).toBe(true);
    expect(await cache.delete("a")).toBe(false);
    expect(await cache.get("a")).toBeUndefined();
  });

  test("what is not there is loaded once, and stored", async () => {
    const { cache } = rig(kind);
    const load = counter();
    expect([await cache.getOrSet("a", load), await cache.getOrSet("a", load), load.runs]).toEqual([1, 1, 1]);
    expect(await cache.get("a")).toBe(1);
  });

  test("types come back as they went in", async () => {
    const { cache } = rig(kind);
    const value = () => ({ at: new Date(5), map: new Map([[1n, new Set([undefined])]]), bytes: Uint8Array.of(1) });
    for (const options of [undefined, { shared: true }]) {
      const key = JSON.stringify(options ?? null);
      expect(await cache.getOrSet(key, value, options)).toEqual(value());
      expect(await cache.getOrSet(key, value, options)).toEqual(value());
      expect(await cache.get(key, options)).toEqual(value());
    }
  });

  test.each([[null], [undefined], [false], [0], [""], [Number.NaN]])("%o is a value like any other", async (value) => {
    const { cache, told } = rig(kind);
    const load = vi.fn(() => value);
    for (let time = 0; time < 3; time++) expect(await cache.getOrSet("a", load)).toBe(value);
    expect(load).toHaveBeenCalledTimes(1);
    expect(await cache.set("b", value)).toBe(true);
    told();
    expect(await cache.get("b")).toBe(value);
    expect(told()).toEqual(["hit"]);
  });

  test("what only a load could tell is refused where there is none", async () => {
    const { cache } = rig(kind);
    for (const option of ["ttl", "tags"]) {
      const set = cache.set("a", 1, { [option]: () => [] } as never);
      await expect(set).rejects.toMatchObject({ code: "OPTION_INVALID", option });
    }
    expect(await cache.get("a")).toBeUndefined();
  });

  test("an entry is fresh to the millisecond before its end", async () => {
    const { cache, clock } = rig(kind);
    const load = counter();
    await cache.getOrSet("a", load, { ttl: "10s" });
    await cache.set("b", "b", { ttl: 10_000 });
    await clock.advance(9_999);
    expect([await cache.getOrSet("a", load), await cache.get("b")]).toEqual([1, "b"]);
    await clock.advance(1);
    expect([await cache.getOrSet("a", load), await cache.get("b")]).toEqual([2, undefined]);
  });

  test("an entry with an end that has passed before it is written is none", async () => {
    const { cache, clock } = rig(kind);
    await cache.set("a", "old", { ttl: 1 });
    clock.set(clock.now() + 60_000);
    expect(await cache.get("a")).toBeUndefined();
  });

  test.each<[Duration | undefined, number]>([
    [undefined, 60_000],
    ["1.5s", 1_500],
    [1, 1],
  ])("a ttl of %o ends after %d ms", async (ttl, milliseconds) => {
    const { cache, clock } = rig(kind);
    await cache.set("a", "a", ttl === undefined ? {} : { ttl });
    await clock.advance(milliseconds - 1);
    expect(await cache.get("a")).toBe("a");
    await clock.advance(1);
    expect(await cache.get("a")).toBeUndefined();
  });

  test("a ttl of Infinity is for ever", async () => {
    const { cache, clock } = rig(kind, { ttl: Number.POSITIVE_INFINITY });
    await cache.set("a", "a");
    await clock.advance("5000w");
    expect(await cache.get("a")).toBe("a");
  });

  test("a ttl of 0 keeps nothing, and not what was there before either", async () => {
    const { cache, told } = rig(kind);
    const load = counter();
    expect([await cache.getOrSet("a", load, { ttl: 0 }), await cache.getOrSet("a", load, { ttl: 0 })]).toEqual([1, 2]);
    await cache.set("b", "before");
    told();
    expect(await cache.set("b", "now", { ttl: 0 })).toBe(false);
    expect(told()).toEqual(["delete"]);
    expect(await cache.get("b")).toBeUndefined();
    expect(told()).toEqual(["miss"]);
  });

  test("callers who share a load of ttl 0 share it, and nothing is kept", async () => {
    const { cache } = rig(kind);
    const load = counter();
    expect(await Promise.all([1, 2, 3].map(() => cache.getOrSet("a", load, { ttl: 0 })))).toEqual([1, 1, 1]);
    expect(await cache.getOrSet("a", load, { ttl: 0 })).toBe(2);
  });

  test("who changes what it got spoils nobody's value", async () => {
    const { cache } = rig(kind);
    const load = async () => ({ list: [1], map: new Map([["a", { n: 1 }]]), bytes: Uint8Array.of(1, 2) });
    const spoil = (value: Awaited<ReturnType<typeof load>>) => {
      value.list.push(2);
      value.map.clear();
      value.bytes.fill(9);
    };
    const together = await Promise.all([1, 2, 3].map(() => cache.getOrSet("a", load)));
    for (const value of together) {
      expect(value).toEqual(await load());
      spoil(value);
    }
    for (let time = 0; time < 2; time++) {
      const value = await cache.getOrSet("a", load);
      expect(value).toEqual(await load());
      spoil(value);
    }
    const given = await load();
    await cache.set("b", given);
    spoil(given);
    expect(await cache.get("b")).toEqual(await load());
  });

  test("a shared value is frozen for all, the caller who loaded it too, and spoils nothing outside", async () => {
    const { cache } = rig(kind);
    const mine = { list: [{ n: 1 }] };
    const values = await Promise.all([1, 2].map(() => cache.getOrSet("a", () => mine, { shared: true })));
    values.push(await cache.getOrSet("a", () => mine, { shared: true }));
    for (const value of values) {
      expect(value).toEqual(mine);
      expect(() => value.list.push({ n: 2 })).toThrow(TypeError);
      expect(() => {
        (value.list[0] as { n: number }).n = 2;
      }).toThrow(TypeError);
    }
    expect(Object.isFrozen(mine)).toBe(false);
  });

  test("a use that copies reads what another shares, and the other way round", async () => {
    const { cache, told } = rig(kind);
    await cache.set("a", { n: 1 }, { shared: true });
    await cache.set("b", { n: 1 });
    told();
    const copied = await cache.get<{ n: number }>("a");
    expect(copied).toEqual({ n: 1 });
    if (copied !== undefined) copied.n = 2;
    expect(await cache.get("a")).toEqual({ n: 1 });
    expect(Object.isFrozen(await cache.get("b", { shared: true }))).toBe(true);
    expect(told()).toEqual(["hit", "hit", "hit"]);
  });

  test("a value that cannot be encoded is served, to all who wait, and not stored", async () => {
    const { cache, told, events } = rig(kind);
    const value = { run: () => 1 };
    const load = vi.fn(async () => value);
    const got = await Promise.all([cache.getOrSet("a", load), cache.getOrSet("a", load)]);
    expect(got[0]).toBe(value);
    expect(got[1]).toBe(value);
    expect(load).toHaveBeenCalledTimes(1);
    expect(events.at(-1)).toMatchObject({ type: "encode-error", error: { code: "ENCODE_UNSUPPORTED" } });
    expect(told()).toEqual(["miss", "load", "encode-error"]);
    await cache.getOrSet("a", load);
    expect(load).toHaveBeenCalledTimes(2);
  });

  test("setting a value that cannot be encoded leaves nothing of the one before", async () => {
    const { cache, told } = rig(kind);
    await cache.set("a", "before");
    told();
    expect(await cache.set("a", () => {})).toBe(false);
    expect(told()).toEqual(["encode-error", "delete"]);
    expect(await cache.get("a")).toBeUndefined();
  });

  test("entries of another coder are none", async () => {
    const { cache } = rig(kind);
    const load = counter();
    await cache.getOrSet("a", load);
    expect(await cache.get("a", { coder: jsonCoder })).toBeUndefined();
    expect(await cache.getOrSet("a", load, { coder: jsonCoder })).toBe(2);
    expect(await cache.get("a")).toBeUndefined();
  });

  test("tags and namespaces are cleared, and nothing else", async () => {
    const { cache } = rig(kind);
    await cache.set("plain", 1);
    await cache.set("tagged", 1, { tags: ["x", "y"] });
    await cache.getOrSet("loaded", () => ({ tag: "y" }), { tags: ({ tag }) => [tag] });
    await cache.set("named", 1, { namespace: "n", tags: ["z"] });
    const there = () =>
      Promise.all([
        ...["plain", "tagged", "loaded"].map((key) => cache.get(key)),
        cache.get("named", { namespace: "n" }),
      ]).then((values) => values.map((value) => value !== undefined));
    expect(await there()).toEqual([true, true, true, true]);
    await cache.invalidateTags([]);
    await cache.invalidateTags(["w"]);
    expect(await there()).toEqual([true, true, true, true]);
    await cache.invalidateTags(["y", "y"]);
    expect(await there()).toEqual([true, false, false, true]);
    await cache.clear({ namespace: "n" });
    expect(await there()).toEqual([true, false, false, false]);
    await cache.clear();
    expect(await there()).toEqual([false, false, false, false]);
  });

  test("after a purge, what is set or loaded anew is there again", async () => {
    const { cache } = rig(kind);
    const load = counter();
    for (let round = 1; round < 4; round++) {
      await cache.clear();
      expect([await cache.getOrSet("a", load), await cache.getOrSet("a", load)]).toEqual([round, round]);
      await cache.set("b", round);
      expect(await cache.get("b")).toBe(round);
    }
  });

  test("a view of a namespace has its own keys; clearing it clears that namespace alone", async () => {
    const { cache } = rig(kind);
    const one = cache.namespace("one");
    const other = cache.namespace("other");
    await Promise.all([cache.set("a", "cache"), one.set("a", "one"), other.set("a", "other")]);
    expect([await cache.get("a"), await one.get("a"), await other.get("a")]).toEqual(["cache", "one", "other"]);
    expect(await cache.get("a", { namespace: "one" })).toBe("one");
    expect(await one.get("a", { namespace: "other" })).toBe("other");
    expect(await one.delete("a", { namespace: "other" })).toBe(true);
    expect(await other.get("a")).toBeUndefined();
    await one.clear();
    expect([await cache.get("a"), await one.get("a")]).toEqual(["cache", undefined]);
    await one.set("a", "again");
    await cache.clear();
    expect([await cache.get("a"), await one.get("a")]).toEqual([undefined, undefined]);
  });

  test("tags reach through namespaces, also from a view", async () => {
    const { cache } = rig(kind);
    await cache.namespace("n").set("a", 1, { tags: ["t"] });
    await cache.namespace("m").set("a", 1, { tags: ["u"] });
    await cache.namespace("m").invalidateTags(["t"]);
    expect([await cache.namespace("n").get("a"), await cache.namespace("m").get("a")]).toEqual([undefined, 1]);
  });

  test("a soft purge makes entries stale, which are not served without a rule for stale ones", async () => {
    const { cache, events } = rig(kind);
    await cache.set("a", 1, { namespace: "n", tags: ["t"] });
    await cache.set("b", 1, { namespace: "n" });
    await cache.set("c", 1);
    const there = async () => [
      await cache.get("a", { namespace: "n" }),
      await cache.get("b", { namespace: "n" }),
      await cache.get("c"),
    ];
    await cache.invalidateTags(["t"], { soft: true });
    expect(await there()).toEqual([undefined, 1, 1]);
    await cache.clear({ namespace: "n", soft: true });
    expect(await there()).toEqual([undefined, undefined, 1]);
    await cache.clear({ soft: true });
    expect(await there()).toEqual([undefined, undefined, undefined]);
    expect(events.filter(({ type }) => type === "invalidate")).toEqual([
      { type: "invalidate", kind: "soft", tags: ["t"] },
      { type: "invalidate", kind: "soft", namespace: "n" },
      { type: "invalidate", kind: "soft" },
    ]);
  });

  test("a bad key is refused, and nothing is loaded", async () => {
    const { cache } = rig(kind);
    const load = counter();
    const invalid = expect.objectContaining({ code: "KEY_INVALID" });
    for (const key of ["", undefined, null, 1, {}] as unknown as string[]) {
      await expect(cache.get(key)).rejects.toEqual(invalid);
      await expect(cache.set(key, 1)).rejects.toEqual(invalid);
      await expect(cache.delete(key)).rejects.toEqual(invalid);
      await expect(cache.getOrSet(key, load)).rejects.toEqual(invalid);
    }
    expect(load.runs).toBe(0);
  });

  test("keys of any characters and lengths are kept apart", async () => {
    const { cache } = rig(kind);
    const long = "x".repeat(300);
    const keys = [" ", "a", "a ", "a\u0000", "é", "e\u0301", "\ud800", "\udc00", "__proto__", "then", long, `${long}y`];
    for (const key of keys) await cache.set(key, key);
    for (const key of keys) expect(await cache.get(key)).toBe(key);
  });
});

test("a value that nobody can decode is a miss and an event, and is loaded anew", async () => {
  let broken = true;
  const coder = {
    name: "moody",
    encode: (value: unknown) => JSON.stringify(value),
    decode(encoded: string | Uint8Array) {
      if (broken) throw new Error("cannot be read");
      return JSON.parse(encoded as string) as unknown;
    },
  };
  for (const kind of kinds) {
    const { cache, told, events } = rig(kind, { coder });
    const load = counter();
    broken = true;
    expect(await cache.getOrSet("a", load)).toBe(1);
    told();
    expect(await cache.get("a")).toBeUndefined();
    expect(events.at(-1)).toMatchObject({ type: "decode-error", error: new Error("cannot be read") });
    expect(told()).toEqual(["hit", "decode-error"]);
    expect(await cache.getOrSet("a", load)).toBe(2);
    expect(told()).toEqual(["hit", "decode-error", "miss", "load", "store"]);
    broken = false;
    expect(await cache.getOrSet("a", load)).toBe(2);
    expect(cache.counters()).toMatchObject({ decodeErrors: 2, loads: 2 });
  }
});

test.each(kinds)(
  "on %s, a coder that never decodes costs each caller a load, and nobody more than two waits",
  async (kind) => {
    const coder = {
      encode: () => "x",
      decode: () => {
        throw new Error("never");
      },
    };
    const { cache, clock } = rig(kind, { coder });
    const load = vi.fn(() => new Promise<string>((resolve) => clock.after(10, () => resolve("value"))));
    const begun = clock.now();
    let ended = 0;
    const all = Promise.all(Array.from({ length: 50 }, () => cache.getOrSet("a", load)));
    all.then(() => {
      ended = clock.now();
    });
    await clock.advance("1s");
    expect(await all).toHaveLength(50);
    expect(load.mock.calls.length).toBeLessThanOrEqual(50);
    expect(ended - begun).toBeLessThanOrEqual(30);
    for (const shared of [true, false])
      expect(await cache.getOrSet("b", async () => "value", { shared })).toBe("value");
  },
);

test("bytes of others, cut off or mixed up, are a miss and an event, and never a failure", async () => {
  const backend = byteBackend();
  const events: string[] = [];
  const cache = createCache({ backend, onEvent: ({ type }) => events.push(type) });
  await cache.set("a", { n: 1 });
  await cache.set("b", { n: 2 });
  const key = "cachette::a";
  const frame = backend.stored.get(key) as Uint8Array;
  const elsewhere = backend.stored.get("cachette::b") as Uint8Array;
  const garbage = [
    new Uint8Array(0),
    new TextEncoder().encode('{"n":1}'),
    frame.subarray(0, -1),
    Uint8Array.of(...frame, 0),
    frame.map((octet, index) => (index === 2 ? 99 : octet)),
    crypto.getRandomValues(new Uint8Array(500)),
  ];
  for (const bytes of garbage) {
    backend.stored.set(key, bytes);
    events.length = 0;
    expect(await cache.get("a")).toBeUndefined();
    expect(events).toEqual(["decode-error", "miss"]);
    expect(await cache.getOrSet("a", () => "loaded")).toBe("loaded");
    expect(await cache.get("a")).toBe("loaded");
  }
  // A frame that is whole, of another key: a shortened key that met another, or a value that was copied.
  backend.stored.set(key, elsewhere);
  expect(await cache.get("a")).toBeUndefined();
});

test("a coder that was made asynchronous by mistake does no harm", async () => {
  for (const kind of kinds) {
    const { cache, told } = rig(kind);
    const coder = { encode: async (value: unknown) => String(value), decode: (text: unknown) => text };
    const options = { coder: coder as unknown as typeof jsonCoder };
    expect(await cache.getOrSet("a", () => "value", options)).toBe("value");
    expect(told()).toEqual(["miss", "load", "encode-error"]);
  }
});

test("a text that UTF-8 cannot hold is served and not stored where it would be changed", async () => {
  const coder = { name: "raw", encode: String, decode: (text: unknown) => text };
  const half = "\ud800";
  for (const kind of kinds) {
    const { cache, told } = rig(kind, { coder });
    expect(await cache.getOrSet("a", () => half)).toBe(half);
    expect(await cache.getOrSet("a", () => half)).toBe(half);
    expect(told()).toEqual(
      kind === "memory"
        ? ["miss", "load", "store", "hit"]
        : ["miss", "load", "encode-error", "miss", "load", "encode-error"],
    );
  }
});

test("what is being written is served to those who come meanwhile, and no longer than it is fresh", async () => {
  const { cache, clock, faults } = faultyRig();
  faults.set.delay(100);
  const load = counter();
  expect(await cache.getOrSet("a", load, { ttl: 50 })).toBe(1);
  await clock.advance(49);
  expect(await cache.getOrSet("a", load, { ttl: 50 })).toBe(1);
  await clock.advance(1);
  expect(await cache.getOrSet("a", load, { ttl: 50 })).toBe(2);
});
