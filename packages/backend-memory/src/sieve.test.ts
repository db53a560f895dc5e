import fc from "fast-check";
import { describe, expect, test, vi } from "vitest";
import { Boxed, unboxed } from "./boxed.ts";
import { Sieve } from "./sieve.ts";

const forever = Number.POSITIVE_INFINITY;
const sieveOf = (maxEntries: number, maxSize = forever) => new Sieve({ maxEntries, maxSize });

function put(sieve: Sieve, ...keys: string[]): void {
  for (const key of keys) sieve.add(new Boxed(key, { key }, { expiresAt: forever, size: 1 }));
}

const kept = (sieve: Sieve, keys: Iterable<string>) => [...keys].filter((key) => sieve.get(key) !== undefined);

describe("which go", () => {
  test("the oldest, if none was read", () => {
    const sieve = sieveOf(3);
    put(sieve, ..."abcde");
    expect(kept(sieve, "abcde")).toEqual(["c", "d", "e"]);
  });

  test("what was read stays once the hand has passed it, and goes when it was not read since", () => {
    const sieve = sieveOf(3);
    put(sieve, ..."abc");
    sieve.get("a");
    put(sieve, "d", "e", "f");
    expect(kept(sieve, "abcdef")).toEqual(["a", "e", "f"]);
  });

  test("the hand goes on where it was, it does not begin with the oldest each time", () => {
    const sieve = sieveOf(7);
    put(sieve, ..."abcdefg");
    for (const key of "abg") sieve.get(key);
    put(sieve, "h");
    sieve.get("a");
    sieve.get("d");
    put(sieve, "i");
    sieve.get("b");
    put(sieve, "j");
    expect(kept(sieve, "abcdefghij")).toEqual(["a", "b", "d", "g", "h", "i", "j"]);
  });

  test("one that all others were read of: all have been spared once, and the next round takes the oldest", () => {
    const sieve = sieveOf(3);
    put(sieve, ..."abc");
    for (const key of "abc") sieve.get(key);
    put(sieve, "d");
    expect(kept(sieve, "abcd")).toEqual(["b", "c", "d"]);
  });
});

test("groups have the front that was asked for, which puts and removals leave alone", () => {
  const sieve = new Sieve({ maxEntries: 10, maxSize: forever, front: { from: 2, most: 1, every: 1 } });
  put(sieve, "p:n:a", "p:n:b");
  sieve.find("p:n:", "a");
  put(sieve, "p:n:b");
  sieve.delete("p:n:none");
  const get = vi.spyOn(Map.prototype, "get");
  try {
    sieve.find("p:n:", "a");
    expect(get).toHaveBeenCalledTimes(1);
    sieve.find("p:n:", "b");
    expect(get).toHaveBeenCalledTimes(3);
  } finally {
    get.mockRestore();
  }
});

describe("keys in two parts", () => {
  test("are found by their parts, and whole", () => {
    const sieve = sieveOf(10);
    put(sieve, "shop:v1:a:b", "shop::c", "no colon", "one:colon");
    expect(unboxed(sieve.find("shop:v1:", "a:b"))).toEqual({ key: "shop:v1:a:b" });
    expect(unboxed(sieve.find("shop::", "c"))).toEqual({ key: "shop::c" });
    expect(kept(sieve, ["shop:v1:a:b", "shop::c", "no colon", "one:colon"])).toHaveLength(4);
  });

  test("are not found by parts that were divided elsewhere", () => {
    const sieve = sieveOf(10);
    put(sieve, "a:b:c:d");
    expect(sieve.find("a:", "b:c:d")).toBeUndefined();
    expect(sieve.find("a:b:c:", "d")).toBeUndefined();
  });
});

type Step =
  | { readonly do: "set"; readonly key: string; readonly size: number; readonly expiresAt: number }
  | { readonly do: "get"; readonly key: string }
  | { readonly do: "delete"; readonly key: string }
  | { readonly do: "sweep"; readonly now: number };

const key = fc.constantFrom("p:n:a", "p:n:b", "p::a", "p::c", "p:m:a", "x", "y:z", "");
const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({
    do: fc.constant("set" as const),
    key,
    size: fc.integer({ min: 1, max: 12 }),
    expiresAt: fc.integer({ min: 0, max: 10 }),
  }),
  fc.record({ do: fc.constantFrom("get" as const, "delete" as const), key }),
  fc.record({ do: fc.constant("sweep" as const), now: fc.integer({ min: 0, max: 10 }) }),
);

const fronts = [undefined, { from: 1, most: 2, every: 1 }, { from: 2, most: 1, every: 3 }];

test.each(fronts)(
  "whatever is done: what is there is what was last set, sizes add up, bounds hold; front %j",
  (front) => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 200 }), (steps) => {
        const bounds = { maxEntries: 4, maxSize: 20 };
        const sieve = new Sieve(front === undefined ? bounds : { ...bounds, front });
        const last = new Map<string, { readonly value: object; readonly size: number; readonly expiresAt: number }>();
        for (const taken of steps) {
          if (taken.do === "set") {
            const value = {};
            sieve.add(new Boxed(taken.key, value, taken));
            last.set(taken.key, { value, size: taken.size, expiresAt: taken.expiresAt });
            expect(unboxed(sieve.get(taken.key))).toBe(value);
          } else if (taken.do === "get") {
            const value = unboxed(sieve.get(taken.key));
            if (value !== undefined) expect(value).toBe(last.get(taken.key)?.value);
          } else if (taken.do === "delete") {
            const there = sieve.get(taken.key) !== undefined;
            expect(sieve.delete(taken.key)).toBe(there);
            expect(sieve.get(taken.key)).toBeUndefined();
          } else {
            // As many steps as there are values: one full round.
            sieve.dropExpired(taken.now, sieve.entries);
          }
          const there = [...last].filter(([name]) => sieve.get(name) !== undefined);
          expect(sieve.entries).toBe(there.length);
          expect(sieve.size).toBe(there.reduce((sum, [, { size }]) => sum + size, 0));
          expect(sieve.entries).toBeLessThanOrEqual(bounds.maxEntries);
          expect(sieve.size).toBeLessThanOrEqual(bounds.maxSize);
        }
        sieve.clear();
        expect([sieve.entries, sieve.size, kept(sieve, last.keys())]).toEqual([0, 0, []]);
      }),
    );
  },
);

test("reads that come but once do not push out what is read often", () => {
  const sieve = sieveOf(100);
  const often = Array.from({ length: 50 }, (_, index) => `often ${index}`);
  put(sieve, ...often);
  for (let index = 0; index < 10_000; index++) {
    put(sieve, `once ${index}`);
    sieve.get(often[index % often.length] as string);
  }
  expect(kept(sieve, often)).toHaveLength(50);
});
