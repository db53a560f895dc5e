import fc from "fast-check";
import { describe, expect, test, vi } from "vitest";
import { memoryBackend } from "../../backend-memory/src/index.ts";
import { manualClock } from "../../testing/src/index.ts";
import { composeKeyBuilders, type FunctionCall, joinKey, type KeyBuilder } from "../src/index.ts";
import { counter, kinds, type Rig, rig, settled } from "./kit.ts";

const keyOf = (fn: { keyFor(...args: unknown[]): unknown }, ...args: unknown[]) => fn.keyFor(...args);

describe("the name", () => {
  test("is the function's own, or the one given", () => {
    const { cache } = rig();
    expect(keyOf(cache.wrap(async function user() {}))).toBe("user()");
    expect(keyOf(cache.wrap(async function user() {}, { name: "person" }))).toBe("person()");
    const arrow = async () => {};
    expect(keyOf(cache.wrap(arrow))).toBe("arrow()");
    expect(cache.wrap(arrow).name).toBe("arrow");
  });

  test("is required of functions without one", () => {
    const { cache } = rig();
    expect(() => cache.wrap(async () => 1)).toThrow(expect.objectContaining({ code: "NAME_MISSING" }));
    expect(() =>
      cache.wrap(
        (
          () => async () =>
            1
        )(),
      ),
    ).toThrow(expect.objectContaining({ code: "NAME_MISSING" }));
    expect(keyOf(cache.wrap(async () => 1, { name: "one" }))).toBe("one()");
  });

  test.each([[""], [1], [null], [{}]])("%o is none", (name) => {
    const { cache } = rig();
    const options = { name: name as string };
    expect(() => cache.wrap(async function user() {}, options)).toThrow(
      expect.objectContaining({ code: "OPTION_INVALID", option: "name" }),
    );
  });

  test("of one function is not that of another one, unless both were told to have it", () => {
    const { cache } = rig();
    const make = (value: number) =>
      async function twin() {
        return value;
      };
    cache.wrap(make(1));
    const refused = expect.objectContaining({ code: "OPTION_INVALID", option: "name" });
    expect(() => cache.wrap(make(1))).toThrow(refused);
    expect(() => cache.namespace("n").wrap(make(2))).not.toThrow();
    expect(() => cache.wrap(make(2), { namespace: "n" })).toThrow(refused);
    expect(() => cache.wrap(make(2), { name: "twin" })).not.toThrow();
    expect(() => rig().cache.wrap(make(2))).not.toThrow();
  });

  test("may be claimed by the same function again, and then its entries are the same", async () => {
    const { cache } = rig();
    const load = counter();
    const fn = {
      async load() {
        return load();
      },
    }.load;
    const [one, other] = [cache.wrap(fn), cache.wrap(fn, { ttl: "1h" })];
    expect([await one(), await other()]).toEqual([1, 1]);
  });

  test("shows in keys, with what has a meaning there escaped", () => {
    const { cache } = rig();
    const tails = ["a(1)", "a", "a%", "a%28", "GET:http://host/", "a:b"].map((name) =>
      keyOf(
        cache.wrap(async () => 1, { name }),
        1,
      ),
    );
    expect(tails).toEqual(["a%281)(1)", "a(1)", "a%25(1)", "a%2528(1)", "GET%3ahttp%3a//host/(1)", "a%3ab(1)"]);
  });
});

describe("arguments", () => {
  test("make the key, in one canonical form", () => {
    const { cache } = rig();
    const f = cache.wrap(async (..._args: unknown[]) => 1, { name: "f" });
    expect([f.keyFor(1, 2), f.keyFor("1,2"), f.keyFor("1", "2"), f.keyFor([1, 2]), f.keyFor(1n, 2)]).toEqual([
      "f(1,2)",
      'f("1,2")',
      'f("1","2")',
      "f([1,2])",
      "f(1n,2)",
    ]);
    expect(f.keyFor({ a: 1, b: { d: 2, c: [3] } })).toBe(f.keyFor({ b: { c: [3], d: 2 }, a: 1 }));
    expect(
      new Set([[], [null], [""], ["null"], [0], [-0], [false], [{}], [[]]].map((args) => f.keyFor(...args))).size,
    ).toBe(9);
  });

  test("that are equal share an entry, others do not", async () => {
    const { cache } = rig();
    const fn = vi.fn(async (...args: unknown[]) => JSON.stringify(args));
    const f = cache.wrap(fn, { name: "f" });
    expect([await f(1, 2), await f("1,2"), await f({ a: 1, b: 2 }), await f({ b: 2, a: 1 })]).toEqual([
      "[1,2]",
      '["1,2"]',
      '[{"a":1,"b":2}]',
      '[{"a":1,"b":2}]',
    ]);
    expect(fn).toHaveBeenCalledTimes(3);
    await f(undefined);
    await f();
    expect(fn).toHaveBeenCalledTimes(4);
  });

  test("that have no canonical form make a rejection, without a load", async () => {
    const { cache } = rig();
    const fn = vi.fn(async (_argument: unknown) => 1);
    const f = cache.wrap(fn, { name: "f" });
    const unsupported = expect.objectContaining({
      code: "KEY_UNSUPPORTED",
      option: expect.stringMatching("^arguments"),
    });
    for (const argument of [() => {}, Symbol("s"), new (class User {})(), { deep: [new WeakMap()] }]) {
      await expect(f(argument)).rejects.toEqual(unsupported);
      await expect(f.refresh(argument)).rejects.toEqual(unsupported);
      await expect(f.invalidate(argument)).rejects.toEqual(unsupported);
      expect(() => f.keyFor(argument)).toThrow(unsupported);
    }
    expect(fn).not.toHaveBeenCalled();
  });

  test("reach the function as they are, with its this", async () => {
    const { cache } = rig();
    const seen = vi.fn();
    const object = {
      base: 40,
      add: cache.wrap(
        async function add(this: { base: number }, n: number, ...rest: unknown[]) {
          seen(n, ...rest);
          return this.base + n;
        },
        { name: "add" },
      ),
    };
    const argument = { n: 1 };
    expect(await object.add(2, argument, undefined)).toBe(42);
    expect(seen.mock.calls[0]).toHaveLength(3);
    expect(seen.mock.calls[0]?.[1]).toBe(argument);
    expect(await object.add.refresh.call(object, 1)).toBe(41);
  });

  test("that are long make keys that can be read, and still tell them apart", async () => {
    const { cache, events } = rig();
    const f = cache.wrap(async (text: string) => text.length, { name: "f" });
    const long = "x".repeat(1_000);
    expect([await f(long), await f(`${long}y`), await f(long)]).toEqual([1_000, 1_001, 1_000]);
    expect(events[0]).toMatchObject({
      type: "miss",
      key: expect.stringMatching(/^cachette::f\("x{177}#[0-9a-f]{64}$/),
    });
    expect(await cache.delete(f.keyFor(long))).toBe(true);
    expect(await cache.get(f.keyFor(`${long}y`))).toBe(1_001);
  });
});

describe("a key builder", () => {
  type Call = FunctionCall<[id: number, locale?: string | undefined]>;

  test("gets name, arguments and the default tail, and makes the tail", async () => {
    const { cache, events } = rig();
    const key = vi.fn((call: Call, tail: () => string) => joinKey(tail(), call.name, call.arguments[1] ?? "en"));
    const f = cache.wrap(async (id: number, locale?: string) => `${id} ${locale}`, { name: "f", key });
    expect(await f(1, "de")).toBe("1 de");
    expect(events[0]).toMatchObject({ key: 'cachette::f(1,"de")|"f"|"de"' });
    expect(f.keyFor(1)).toBe('f(1)|"f"|"en"');
    expect(await cache.get(f.keyFor(1, "de"))).toBe("1 de");
  });

  test("may leave out what makes no difference, and have what has no canonical form", async () => {
    const { cache } = rig();
    const fn = vi.fn(async (id: number, _connection: { query(): void }) => id);
    const f = cache.wrap(fn, { name: "f", key: ({ name, arguments: [id] }) => `${name}:${id}` });
    await f(1, { query() {} });
    await f(1, { query() {} });
    expect(fn).toHaveBeenCalledTimes(1);
    expect(await f.invalidate(1, { query() {} })).toBe(true);
  });

  test("may take its time", async () => {
    const { cache } = rig();
    const load = counter();
    const f = cache.wrap(async (_id: number) => load(), {
      name: "f",
      key: async ({ arguments: [id] }) => {
        await settled();
        return `later ${id}`;
      },
    });
    expect([await f(1), await f(1), await f.refresh(1), await f(1)]).toEqual([1, 1, 2, 2]);
    await expect(f.keyFor(1)).resolves.toBe("later 1");
    expect(await cache.get(await f.keyFor(1))).toBe(2);
    expect(await f.invalidate(1)).toBe(true);
    expect(await cache.get("later 1")).toBeUndefined();
  });

  test("of the cache serves all functions that have none of their own", () => {
    const keyBuilder: KeyBuilder<FunctionCall, string> = (_call, tail) => `v2 ${tail()}`;
    const { cache } = rig("memory", { keyBuilder });
    expect(
      keyOf(
        cache.wrap(async () => 1, { name: "f" }),
        1,
      ),
    ).toBe("v2 f(1)");
    expect(
      keyOf(
        cache.wrap(async () => 1, { name: "f", key: () => "own" }),
        1,
      ),
    ).toBe("own");
  });

  test("may be made of several", async () => {
    const { cache } = rig();
    const region: KeyBuilder<FunctionCall> = (_call, tail) => joinKey(tail(), "eu");
    const version: KeyBuilder<FunctionCall> = async (_call, tail) => joinKey(tail(), 2);
    const f = cache.wrap(async (_id: number) => 1, { name: "f", key: composeKeyBuilders(region, version) });
    await expect(Promise.resolve(f.keyFor(1))).resolves.toBe('f(1)|"eu"|2');
  });

  test.each<[string, unknown]>([
    ["nothing", undefined],
    ["null", null],
    ["an empty text", ""],
    ["a number", 1],
    ["an object", {}],
    ["a promise of nothing", Promise.resolve(undefined)],
  ])("that gives %s makes a rejection, without a load", async (_what, made) => {
    const { cache } = rig();
    const fn = vi.fn(async () => 1);
    const f = cache.wrap(fn, { name: "f", key: () => made as string });
    const invalid = expect.objectContaining({ code: "KEY_INVALID" });
    await expect(f()).rejects.toEqual(invalid);
    await expect(f.refresh()).rejects.toEqual(invalid);
    await expect(f.invalidate()).rejects.toEqual(invalid);
    expect(fn).not.toHaveBeenCalled();
  });

  test("that throws makes a rejection with its error", async () => {
    const { cache } = rig();
    const error = new Error("no key");
    const fn = vi.fn(async () => 1);
    const now = cache.wrap(fn, {
      name: "now",
      key: () => {
        throw error;
      },
    });
    const later = cache.wrap(fn, { name: "later", key: () => Promise.reject(error) });
    await expect(now()).rejects.toBe(error);
    await expect(later()).rejects.toBe(error);
    expect(fn).not.toHaveBeenCalled();
  });

  test("changes nothing about clearing", async () => {
    const { cache } = rig();
    const load = counter();
    const f = cache.wrap(load, { name: "f", namespace: "n", key: () => "m:anything at all" });
    const g = cache.wrap(load, { name: "g", namespace: "m", key: () => "anything at all" });
    expect([await f(), await g()]).toEqual([1, 2]);
    await cache.clear({ namespace: "m" });
    expect([await f(), await g()]).toEqual([1, 3]);
  });
});

describe.each(kinds)("on %s", (kind) => {
  test("a key is what get, set and delete take, in the same namespace", async () => {
    const { cache } = rig(kind);
    const load = counter();
    const view = cache.namespace("n");
    const f = view.wrap(async (_id: number) => load(), { name: "f" });
    expect(await f(1)).toBe(1);
    expect([await view.get(f.keyFor(1)), await cache.get(f.keyFor(1))]).toEqual([1, undefined]);
    await view.set(f.keyFor(1), 10);
    expect(await f(1)).toBe(10);
    expect(await view.delete(f.keyFor(1))).toBe(true);
    expect(await f(1)).toBe(2);
    expect(await cache.delete(f.keyFor(1), { namespace: "n" })).toBe(true);
    expect(await f(1)).toBe(3);
    expect([await f.invalidate(1), await f.invalidate(1)]).toEqual([true, false]);
    expect(await f(1)).toBe(4);
  });

  test("options hold for the entries of the function", async () => {
    const { cache, clock } = rig(kind, { ttl: "1h" });
    const load = counter();
    const f = cache.wrap(async (id: number) => ({ id, run: await load() }), {
      name: "f",
      ttl: "10s",
      shared: true,
      tags: (result, id) => [`user:${result.id}`, `argument:${id}`],
    });
    const value = await f(1);
    expect(Object.isFrozen(value)).toBe(true);
    expect(await f(1)).toEqual({ id: 1, run: 1 });
    await cache.invalidateTags(["user:1"]);
    expect(await f(1)).toEqual({ id: 1, run: 2 });
    await cache.invalidateTags(["argument:2"]);
    expect(await f(1)).toEqual({ id: 1, run: 2 });
    await cache.invalidateTags(["argument:1"]);
    expect(await f(1)).toEqual({ id: 1, run: 3 });
    await clock.advance("10s");
    expect(await f(1)).toEqual({ id: 1, run: 4 });
  });

  test("a function that answers at once is cached as well", async () => {
    const { cache } = rig(kind);
    const fn = vi.fn((n: number) => n * 2);
    const double = cache.wrap(fn, { name: "double" });
    expect([await double(21), await double(21)]).toEqual([42, 42]);
    expect(fn).toHaveBeenCalledTimes(1);
  });
});

describe("what a call remembers of its last look-up", () => {
  /** What may happen to the entry of an argument between two calls. */
  const happenings = {
    call: () => undefined,
    delete: ({ cache }, key) => cache.delete(key),
    set: ({ cache, next }, key) => cache.set(key, next()),
    clear: ({ cache }) => cache.clear(),
    invalidate: ({ cache }) => cache.invalidateTags(["tag"]),
    "by another function of the name": ({ twin }, _key, id) => twin.invalidate(id),
    wait: ({ clock }) => clock.advance("6s"),
    crowd: async ({ cache }) => {
      for (let other = 0; other < 8; other++) await cache.set(`other ${other}`, 0);
    },
  } satisfies Record<string, (world: World, key: string, id: number) => unknown>;

  interface World {
    readonly cache: Rig["cache"];
    readonly clock: Rig["clock"];
    readonly twin: { invalidate(id: number): Promise<boolean> };
    next(): number;
  }

  test("makes no difference to what it gives", async () => {
    const names = Object.keys(happenings) as (keyof typeof happenings)[];
    const step = fc.tuple(fc.constantFrom("call", ...names), fc.integer({ min: 1, max: 2 }), fc.boolean());
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 60 }), async (steps) => {
        const clock = manualClock();
        const options = { clock, ttl: "10s", shared: true } as const;
        const worlds = [true, false].map((remembers) => {
          const { cache } = rig("memory", { backend: memoryBackend({ maxEntries: 8, clock }), ...options });
          let runs = 0;
          const next = () => ++runs;
          const load = async (_id: number) => next();
          // Of what a key builder makes, nothing is remembered.
          const key = remembers ? {} : { key: (_call: unknown, tail: () => string) => tail() };
          const more = { name: "f", tags: ["tag"], ...key };
          const f = cache.wrap(load, more);
          const twin = cache.wrap(async (_id: number) => next(), more);
          return { cache, clock, f, twin, next };
        });
        for (const [name, id, byTwin] of steps) {
          // One clock for both.
          if (name === "wait") await clock.advance("6s");
          else for (const world of worlds) await happenings[name](world, `f(${id})`, id);
          const given = await Promise.all(worlds.map(({ f, twin }) => (byTwin ? twin(id) : f(id))));
          expect(given[0]).toBe(given[1]);
        }
      }),
    );
  });
});
