import { isDeepStrictEqual } from "node:util";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { canonical, canonicalArguments } from "./canonical.ts";
import { isCachetteError } from "./errors.ts";

class User {}

const bare = (properties: object) => Object.assign(Object.create(null), properties);
const withProto = (value: unknown) => JSON.parse(`{"__proto__":${JSON.stringify(value)}}`);

describe("canonical", () => {
  test.each<[unknown, string]>([
    ["abc", '"abc"'],
    ['a"b\\c\n', '"a\\"b\\\\c\\n"'],
    ["\ud800", '"\\ud800"'],
    ["\\ud800", '"\\\\ud800"'],
    ['"', '"\\""'],
    ["\u0000", '"\\u0000"'],
    ["😀", '"😀"'],
    ["é".repeat(100), `"${"é".repeat(100)}"`],
    [42, "42"],
    [1e21, "1e+21"],
    [0, "0"],
    [-0, "-0"],
    [Number.NaN, "NaN"],
    [Number.NEGATIVE_INFINITY, "-Infinity"],
    [true, "true"],
    [null, "null"],
    [undefined, "undefined"],
    [1n, "1n"],
    [-5n, "-5n"],
    [1n << 64n, "0x10000000000000000n"],
    [-(1n << 64n), "-0x10000000000000000n"],
    [{}, "{}"],
    [{ b: 2, a: { d: undefined, c: [] } }, '{"a":{"c":[],"d":undefined},"b":2}'],
    [bare({ b: 1, a: 2 }), '{"a":2,"b":1}'],
    [withProto({ x: 1 }), '{"__proto__":{"x":1}}'],
    [[1, [2, "3"]], '[1,[2,"3"]]'],
    // biome-ignore lint/suspicious/noSparseArray: holes are what this is about
    [[1, , undefined, ,], "[1,hole*1,undefined,hole*1]"],
    [new Array(4_294_967_295), "[hole*4294967295]"],
    [new Date(0), "Date(1970-01-01T00:00:00.000Z)"],
    [new Date(Number.NaN), "Date(NaN)"],
    [new Map<unknown, unknown>([["b", 1], ["a", 2], [{ k: 1 }, [3]]]), 'Map{"a"=>2,"b"=>1,{"k":1}=>[3]}'], // biome-ignore format: one line a case
    [new Set([3, 1, "2"]), 'Set{"2",1,3}'],
    [/a\/"b/gi, 'RegExp("a\\\\/\\"b","gi")'],
    [new URL("http://a.example/b?c=d e"), 'URL("http://a.example/b?c=d%20e")'],
    [Uint8Array.of(1, 255), "Uint8Array(01ff)"],
    [Buffer.from("hi"), "Buffer(6869)"],
    [new Uint16Array([258]).subarray(0, 1), "Uint16Array(0201)"],
    [new DataView(new ArrayBuffer(2), 1), "DataView(00)"],
    [new ArrayBuffer(2), "ArrayBuffer(0000)"],
    [new Uint8Array(33), "Uint8Array(33:7f9c9e31ac8256ca2f258583df262dbc7d6f68f2a03043d5c99a4ae5a7396ce9)"],
  ])("%#: $1", (value, text) => {
    expect(canonical(value)).toBe(text);
  });

  test("keys are ordered by code unit, whatever the locale", () => {
    expect(canonical({ "\ue000": 1, "\u{10000}": 2, é: 3, z: 4, Z: 5, 10: 6, 9: 7 })).toBe(
      '{"10":6,"9":7,"Z":5,"z":4,"é":3,"\u{10000}":2,"\ue000":1}',
    );
  });

  test("sees the last index of a regular expression, since it decides what the next match is", () => {
    const used = /a/g;
    used.lastIndex = 3;
    expect(canonical(used)).toBe('RegExp("a","g",3)');
  });

  test("sharing does not matter, and equal members of a Set each count", () => {
    const shared = { a: 1 };
    expect(canonical([shared, shared])).toBe(canonical([{ a: 1 }, { a: 1 }]));
    expect(canonical(new Set([{ a: 1 }, { a: 1 }]))).toBe('Set{{"a":1},{"a":1}}');
  });
});

describe("canonicalArguments", () => {
  test.each<[unknown[], string]>([
    [[], ""],
    [["abc"], '"abc"'],
    [[42, "abc"], '42,"abc"'],
    [[1, 2], "1,2"],
    [["1,2"], '"1,2"'],
    [[[1, 2]], "[1,2]"],
    [[""], '""'],
    [[null], "null"],
    [[1, undefined], "1"],
    [[undefined], ""],
    [[undefined, 1, undefined], "undefined,1"],
    [[[undefined]], "[undefined]"],
    [[{ a: 1, b: 2 }, true], '{"a":1,"b":2},true'],
  ])("%#: $1", (values, text) => {
    expect(canonicalArguments(values)).toBe(text);
  });
});

describe("what has no text", () => {
  const cycle: Record<string, unknown> = { items: [{}] };
  (cycle.items as unknown[])[0] = { back: cycle };
  const deep = Array.from({ length: 100_000 }).reduce<unknown>((inner) => [inner], 1);
  const laughs = Array.from({ length: 64 }).reduce<unknown>((inner) => [inner, inner], 1);
  const failing = {
    a: {
      get b() {
        throw new Error("no");
      },
    },
  };

  test.each<[string, unknown, string, RegExp]>([
    ["a function", { load() {} }, ".load", /data, got the function load/],
    ["a symbol", [Symbol("s")], "[0]", /Symbol\(s\)/],
    ["an instance of a class", { user: new User() }, ".user", /an instance of User/],
    ["a promise", Promise.resolve(1), "", /an instance of Promise/],
    ["an error", [new Error("x")], "[0]", /an instance of Error/],
    ["a weak map", new WeakMap(), "", /WeakMap/],
    ["a boxed number", [1, Object(1)], "[1]", /Number/],
    ["a property under a symbol", { a: { [Symbol("s")]: 1 } }, ".a", /symbols/],
    ["an item under a symbol", { a: Object.assign([1], { [Symbol("s")]: 1 }) }, ".a", /symbols/],
    ["a match", { match: /a/.exec("a") }, ".match", /named properties/],
    ["a named property in place of a hole", { a: Object.assign(new Array(1), { x: 1 }) }, ".a", /named properties/],
    ["an index out of reach", { a: Object.assign([1], { 4294967295: 1 }) }, ".a", /named properties/],
    ["a fraction as an index", { a: Object.assign(new Array(3), { 1.5: 1 }) }, ".a", /named properties/],
    ["a key of a Map", { m: new Map([[() => {}, 1]]) }, ".m.keys()[0]", /unnamed function/],
    ["a value of a Map", new Map([["a", 1], ["b", User]] as [string, unknown][]), ".values()[1]", /function User/], // biome-ignore format: one line a case
    ["a member of a Set", new Set([1, { f: User }]), ".values()[1].f", /function User/],
    ["a cycle", cycle, ".items[0].back", /without a cycle/],
    ["too deep", deep, "[0]".repeat(53), /at most 500 levels/],
    ["a getter that throws", failing, ".a", /reading it failed/],
  ])("$0", (_, value, path, message) => {
    for (const [run, root] of [
      [() => canonical(value), "value"],
      [() => canonicalArguments([1, value]), "arguments[1]"],
    ] as const) {
      let thrown: unknown;
      try {
        run();
      } catch (error) {
        thrown = error;
      }
      expect(isCachetteError(thrown, "KEY_UNSUPPORTED")).toBe(true);
      expect(thrown).toMatchObject({ message: expect.stringMatching(message) });
      expect((thrown as { option: string }).option.slice(0, 160)).toBe(`${root}${path}`.slice(0, 160));
      expect((thrown as Error).message).toContain("`key` function");
    }
  });

  test("the error of a getter is the cause", () => {
    expect(() => canonical(failing)).toThrow(expect.objectContaining({ cause: new Error("no") }));
  });

  test("an object that multiplies by sharing is given up in bounded time", () => {
    expect(() => canonical(laughs)).toThrow("at most 1000000 objects");
  });
});

describe("one text for one value", () => {
  // Texts that look like parts of the encoding, so that a missing escape shows.
  const text = fc.oneof(
    fc.constantFrom(
      "",
      "1",
      "1,2",
      '"',
      '","',
      "\\",
      '\\"',
      "undefined",
      "null",
      "NaN",
      "[",
      "{}",
      "a:1",
      "=>",
      "hole*1",
    ),
    fc.constantFrom("\ud800", "\udc00", "\ufffd", "\u0000", "\u2028", "😀", "\\ud800", "a\nb", "Date(NaN)", "0x1n"),
    fc.string({ unit: fc.integer({ min: 0, max: 0xffff }).map((code) => String.fromCharCode(code)), maxLength: 3 }),
  );
  const key = fc.oneof(fc.constantFrom("a", "b", "__proto__", "constructor", "a,b", 'a":1,"b'), text);
  const time = fc.constantFrom(0, 1, 8.64e15, Number.NaN);
  const bytes = fc.uint8Array({ maxLength: 40 });
  const { value } = fc.letrec<{ value: unknown; leaf: unknown }>((tie) => ({
    leaf: fc.oneof(
      text,
      fc.constantFrom(0, -0, 1, 12, 1.5, Number.NaN, Number.POSITIVE_INFINITY, true, false, null, undefined),
      fc.constantFrom(1n, 12n, 0n, 1n << 70n, -(1n << 70n)),
      time.map((milliseconds) => new Date(milliseconds)),
      fc.constantFrom(/a/, /a/g, /"/, /a",/),
      bytes.map((array) => array.buffer.slice(0)),
      bytes.map((array) => Buffer.from(array)),
      bytes.map((array) => new Int8Array(array)),
      bytes,
    ),
    value: fc.oneof(
      { depthSize: "small", withCrossShrink: true },
      tie("leaf"),
      fc.array(tie("value"), { maxLength: 3 }),
      fc.array(fc.option(tie("value"), { nil: undefined }), { maxLength: 3 }).map((items) => {
        const holes = new Array<unknown>(items.length + 1);
        items.forEach((item, index) => {
          if (item !== undefined) holes[index] = item;
        });
        return holes;
      }),
      fc.array(fc.tuple(key, tie("value")), { maxLength: 3 }).map((entries) => Object.fromEntries(entries)),
      fc.array(fc.tuple(text, tie("value")), { maxLength: 3 }).map((entries) => new Map(entries)),
      fc.array(tie("leaf"), { maxLength: 3 }).map((members) => new Set(members)),
    ),
  }));

  test("two lists of arguments share a text exactly when they are equal", () => {
    const list = fc.array(value, { maxLength: 3 });
    const trimmed = (values: unknown[]) => values.slice(0, values.findLastIndex((item) => item !== undefined) + 1);
    let equals = 0;
    fc.assert(
      fc.property(list, list, (left, right) => {
        const equal = isDeepStrictEqual(trimmed(left), trimmed(right));
        if (equal) equals++;
        expect(canonicalArguments(left) === canonicalArguments(right)).toBe(equal);
      }),
      { numRuns: 3_000 },
    );
    expect(equals).toBeGreaterThan(5);
  });

  test("no two of many values share a text", () => {
    fc.assert(
      fc.property(fc.array(value, { minLength: 20, maxLength: 20 }), (values) => {
        const byText = new Map<string, unknown>();
        for (const item of values) {
          const written = canonical(item);
          if (byText.has(written)) expect(isDeepStrictEqual(byText.get(written), item)).toBe(true);
          byText.set(written, item);
        }
      }),
      { numRuns: 300 },
    );
  });

  test("the order of properties, entries and members does not matter", () => {
    const entries = fc.uniqueArray(fc.tuple(key, value), { selector: ([name]) => name, maxLength: 5 });
    const shuffled = entries.chain((list) =>
      fc.tuple(fc.constant(list), fc.shuffledSubarray(list, { minLength: list.length, maxLength: list.length })),
    );
    fc.assert(
      fc.property(shuffled, ([one, other]) => {
        expect(canonical(Object.fromEntries(one))).toBe(canonical(Object.fromEntries(other)));
        expect(canonical(new Map(one))).toBe(canonical(new Map(other)));
        expect(canonical(new Set(one.map(([name]) => name)))).toBe(canonical(new Set(other.map(([name]) => name))));
      }),
    );
  });
});
