import { expect, test } from "vitest";
import { deepFreeze } from "./freeze.ts";

test("gives back what it was handed", () => {
  const value = { a: 1 };
  expect(deepFreeze(value)).toBe(value);
  for (const primitive of [1, "a", null, undefined, 1n, true]) expect(deepFreeze(primitive)).toBe(primitive);
});

test("freezes all that a value holds, by whatever way", () => {
  const leaf = () => ({ changed: false });
  const symbol = Symbol("s");
  const parts = { property: leaf(), item: leaf(), key: leaf(), value: leaf(), member: leaf(), symbol: leaf() };
  const hidden = leaf();
  const value = {
    deep: { deeper: parts.property },
    list: [[parts.item]],
    map: new Map([[parts.key, [parts.value]]]),
    set: new Set([parts.member]),
    [symbol]: parts.symbol,
  };
  Object.defineProperty(value, "hidden", { value: hidden, enumerable: false });
  deepFreeze(value);
  for (const part of [...Object.values(parts), hidden, value, value.deep, value.list, value.list[0]]) {
    expect(Object.isFrozen(part)).toBe(true);
  }
});

test("comes to an end with cycles, and with what is shared", () => {
  const value: Record<string, unknown> = {};
  value.self = value;
  value.pair = [value, value];
  deepFreeze(value);
  expect(Object.isFrozen(value.pair)).toBe(true);
});

test("looks into what is frozen already", () => {
  const inner = { a: 1 };
  deepFreeze(Object.freeze([inner]));
  expect(Object.isFrozen(inner)).toBe(true);
});

test("leaves bytes as they are, which cannot be frozen", () => {
  const bytes = Uint8Array.of(1, 2);
  expect(deepFreeze({ bytes, view: new DataView(bytes.buffer) })).toMatchObject({ bytes });
  expect(Object.isFrozen(bytes)).toBe(false);
});

test("takes no stack for depth", () => {
  let value: unknown[] = [];
  const innermost = value;
  for (let level = 0; level < 200_000; level++) value = [value];
  deepFreeze(value);
  expect(Object.isFrozen(innermost)).toBe(true);
});
