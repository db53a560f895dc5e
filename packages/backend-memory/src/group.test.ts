import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { afterEach, describe, expect, test, vi } from "vitest";
import { Boxed } from "./boxed.ts";
import { Group } from "./group.ts";

setFlagsFromString("--expose-gc");
const collectGarbage = runInNewContext("gc") as () => void;

const head = "shop:v1:";
const boxOf = (tail: string) => new Boxed(`${head}${tail}`, { tail }, { expiresAt: Number.POSITIVE_INFINITY, size: 1 });

function groupOf(tails: Iterable<string>, options?: ConstructorParameters<typeof Group>[1]): Group {
  const group = new Group(head, options);
  for (const tail of tails) group.add(boxOf(tail));
  return group;
}

/** How many maps are looked into. */
function looks(group: Group, tail: string): number {
  const get = vi.spyOn(Map.prototype, "get");
  group.get(tail);
  const count = get.mock.calls.length;
  get.mockRestore();
  return count;
}

afterEach(() => {
  vi.restoreAllMocks();
});

describe("a large group has a front", () => {
  test("which holds what is asked for often", () => {
    const group = groupOf("abcdef", { from: 4, most: 2, every: 3 });
    expect([..."abaabbb"].map((tail) => looks(group, tail))).toEqual([2, 2, 2, 1, 2, 2, 2]);
    expect(looks(group, "b")).toBe(1);
    expect(group.get("a")).toMatchObject({ tail: "a" });
  });

  test("which begins anew when it is full", () => {
    const group = groupOf("abcdef", { from: 4, most: 2, every: 1 });
    for (const tail of "abc") group.get(tail);
    expect(looks(group, "c")).toBe(1);
    expect(["a", "b"].map((tail) => looks(group, tail))).toEqual([2, 2]);
  });

  test("which what is not there does not get into", () => {
    const group = groupOf("abcd", { from: 4, most: 2, every: 3 });
    group.get("a");
    for (let round = 0; round < 3; round++) expect(group.get("none")).toBeUndefined();
    expect([..."bbb"].map((tail) => looks(group, tail))).toEqual([2, 2, 1]);
  });

  test("which those who put and remove do not change", () => {
    const group = groupOf("abcd", { from: 4, most: 1, every: 1 });
    group.get("a");
    expect(group.peek("b")).toMatchObject({ tail: "b" });
    expect(looks(group, "a")).toBe(1);
  });

  test("which it keeps while values come and go", () => {
    const group = groupOf("abcd", { from: 4, most: 2, every: 1 });
    group.get("a");
    group.delete("d");
    group.add(boxOf("d"));
    expect(looks(group, "a")).toBe(1);
  });

  test("until it has become small", () => {
    const group = groupOf("abcd", { from: 4, most: 2, every: 1 });
    group.delete("d");
    group.delete("c");
    expect(looks(group, "a")).toBe(2);
    group.delete("b");
    expect(looks(group, "a")).toBe(1);
    for (const tail of "xyz") group.add(boxOf(tail));
    expect([looks(group, "a"), looks(group, "a")]).toEqual([2, 1]);
  });
});

test("is large from 262,144 values on", () => {
  const group = groupOf(Array.from({ length: 2 ** 18 - 1 }, (_, index) => `${index}`));
  expect(looks(group, "7")).toBe(1);
  group.add(boxOf("last"));
  for (let round = 0; round < 30; round++) expect(looks(group, "7")).toBe(2);
  expect([looks(group, "7"), looks(group, "7")]).toEqual([2, 1]);
});

test("a key that is part of a longer text does not keep that alive", () => {
  const group = groupOf(
    Array.from({ length: 200 }, (_, index) => `the key of a value, number ${index}`),
    {
      from: 1,
      most: 1_000,
      every: 1,
    },
  );
  const before = process.memoryUsage().heapUsed;
  for (let index = 0; index < 200; index++) {
    const asked = `${"x".repeat(500_000)}the key of a value, number ${index}`.slice(500_000);
    expect(looks(group, asked)).toBe(2);
    expect(looks(group, asked)).toBe(1);
  }
  collectGarbage();
  // All of them together are 100 MB.
  expect(process.memoryUsage().heapUsed - before).toBeLessThan(20_000_000);
});

test("a small group has none", () => {
  const group = groupOf("abc", { from: 4, most: 2, every: 1 });
  expect([looks(group, "a"), looks(group, "none")]).toEqual([1, 1]);
});

test.each([undefined, { from: 1, most: 10, every: 1 }])(
  "what is deleted or replaced is not found, options %j",
  (options) => {
    const group = groupOf(["a", "b", "", "\u{1f600} and more than a few characters"], options);
    for (const tail of ["a", "b", "", "\u{1f600} and more than a few characters"]) {
      for (let round = 0; round < 2; round++) expect(group.get(tail)).toMatchObject({ tail });
      group.delete(tail);
      expect(group.get(tail)).toBeUndefined();
      const replaced = boxOf(tail);
      group.add(replaced);
      for (let round = 0; round < 2; round++) expect(group.get(tail)).toBe(replaced);
    }
    expect(group.size).toBe(4);
  },
);
