import type { Keepable } from "@cachette/core";
import { expect, test } from "vitest";
import { memoryBackend } from "./memory-backend.ts";

const forever = Number.POSITIVE_INFINITY;

class Kept implements Keepable {
  keeper: unknown = undefined;
  read = false;
  newer: Keepable | undefined = undefined;
  older: Keepable | undefined = undefined;
  readonly head: string;
  readonly tail: string;
  readonly size: number;
  readonly expiresAt: number;

  constructor(head: string, tail: string, size = 1, expiresAt = forever) {
    this.head = head;
    this.tail = tail;
    this.size = size;
    this.expiresAt = expiresAt;
  }
}

const optionsOf = ({ size, expiresAt }: Kept) => ({ size, expiresAt });

test("what knows its place is kept as it is, and let go of whole", () => {
  const backend = memoryBackend({ maxEntries: 2 });
  const [one, two, three] = ["1", "2", "3"].map((tail) => new Kept("a:b:", tail)) as [Kept, Kept, Kept];
  for (const value of [one, two, three]) backend.set(`a:b:${value.tail}`, value, optionsOf(value));
  expect([backend.get("a:b:1"), backend.find("a:b:", "2"), backend.get("a:b:3")]).toEqual([undefined, two, three]);
  expect([one.keeper, one.newer, one.older]).toEqual([undefined, undefined, undefined]);
  expect([two.keeper === undefined, two.newer, three.older]).toEqual([false, three, two]);
});

test("one and the same can be set again, under its own key or another, and in another backend", () => {
  const [here, there] = [memoryBackend({ maxEntries: 9 }), memoryBackend({ maxEntries: 9 })];
  const value = new Kept("a:b:", "c");
  for (let round = 0; round < 2; round++) here.set("a:b:c", value, optionsOf(value));
  here.set("a:b:d", value, optionsOf(value));
  there.set("a:b:c", value, optionsOf(value));
  expect([here.size, there.size]).toEqual([2, 1]);
  expect([here.get("a:b:c"), here.get("a:b:d"), there.get("a:b:c")]).toEqual([value, value, value]);
  expect(here.delete("a:b:c")).toBe(true);
  expect([here.get("a:b:c"), here.get("a:b:d"), there.get("a:b:c"), here.size]).toEqual([undefined, value, value, 1]);
});

test("what says something else of itself than its caller goes by what the caller says", () => {
  const backend = memoryBackend({ maxBytes: 100 });
  for (const [key, value, options] of [
    ["a:b:key", new Kept("a:b:", "another"), { size: 1, expiresAt: forever }],
    ["a:b:size", new Kept("a:b:", "size", 1), { size: 40, expiresAt: forever }],
    ["a:b:half", new Kept("a:b:", "half", 0.5), { size: 0.5, expiresAt: forever }],
    ["a:b:parts", new Kept("a:", "b:parts"), { size: 1, expiresAt: forever }],
  ] as const) {
    backend.set(key, value, options);
    expect(backend.get(key)).toBe(value);
    expect(value.keeper).toBeUndefined();
  }
  expect(backend.bytes).toBe(43);
});

test("after all was forgotten, what was kept can be kept again", () => {
  const backend = memoryBackend({ maxEntries: 2 });
  const value = new Kept("a:b:", "c");
  backend.set("a:b:c", value, optionsOf(value));
  backend.clear?.();
  expect([backend.get("a:b:c"), value.keeper]).toEqual([undefined, undefined]);
  backend.set("a:b:c", value, optionsOf(value));
  expect([backend.get("a:b:c"), backend.size]).toEqual([value, 1]);
  expect(backend.delete("a:b:c")).toBe(true);
  expect(backend.size).toBe(0);
});
