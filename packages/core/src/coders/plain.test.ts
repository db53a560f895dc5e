import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { assertIsomorphic } from "../../test/isomorphic.ts";
import { isPlain } from "./plain.ts";

const nested = (depth: number) => Array.from({ length: depth }).reduce<unknown>((inner) => [inner], 1);
const shared = {};
const many = Array.from({ length: 40 }, () => ({}));

describe("isPlain", () => {
  test.each<[string, unknown]>([
    ["a text", "!a"],
    ["a number", -1.5],
    ["zero", 0],
    ["a boolean", false],
    ["null", null],
    ["objects and arrays", { a: [{}, [], { b: [1, "2", true, null] }] }],
    ["awkward names", JSON.parse('{"__proto__":1,"constructor":2,"toString":3,"toJSON":4}')],
    ["many objects", many],
    ["equal texts and arrays", ["a", "a", [], []]],
  ])("%s is", (_, value) => {
    expect(isPlain(value)).toBe(true);
    assertIsomorphic(JSON.parse(JSON.stringify(value)), value);
  });

  test.each<[string, unknown]>([
    ["undefined", undefined],
    ["undefined in an object", { a: undefined }],
    ["undefined in an array", [undefined]],
    ["NaN", Number.NaN],
    ["infinity", [Number.POSITIVE_INFINITY]],
    ["-0", { a: -0 }],
    ["a bigint", 1n],
    ["a symbol", Symbol("a")],
    ["a function", [() => {}]],
    ["a Date", { a: new Date() }],
    ["an instance of a class", new (class A {})()],
    ["an object without a prototype", Object.create(null)],
    ["an array of a class", new (class A extends Array {})()],
    ["a hole", new Array(1)],
    ["a named property", Object.assign([1], { a: 1 })],
    ["a symbol as a name", { [Symbol("a")]: 1 }],
    ["a symbol as a name of an array", Object.assign([], { [Symbol("a")]: 1 })],
    ["an object twice", [shared, shared]],
    ["an object twice among many", [...many, many[20]]],
    ["more depth than the stack is sure to have", nested(1_000)],
    ["endless depth", nested(100_000)],
    ["a hidden toJSON", Object.defineProperty({}, "toJSON", { value: () => 1, enumerable: false })],
    ["an array with a hidden toJSON", Object.defineProperty([], "toJSON", { value: () => 1, enumerable: false })],
  ])("%s is not", (_, value) => {
    expect(isPlain(value)).toBe(false);
  });

  test("a cycle is not", () => {
    const cycle: unknown[] = [];
    cycle.push({ cycle });
    expect(isPlain(cycle)).toBe(false);
  });

  test("what is plain comes through JSON as it was", () => {
    let plain = 0;
    fc.assert(
      fc.property(fc.anything({ withNullPrototype: true, withSparseArray: true, withDate: true }), (value) => {
        if (!isPlain(value)) return;
        plain++;
        assertIsomorphic(JSON.parse(JSON.stringify(value)), value);
      }),
      { numRuns: 500 },
    );
    expect(plain).toBeGreaterThan(50);
  });

  test("any JSON value is plain", () => {
    fc.assert(
      fc.property(fc.json(), (text) => {
        // A number such as 1e400 or -0 is no exception to the rule, but one to JSON.
        const value = JSON.parse(text, (_, item) =>
          typeof item === "number" && !(Number.isFinite(item) && item !== 0) ? 0 : item,
        );
        expect(isPlain(value)).toBe(true);
      }),
    );
  });
});
