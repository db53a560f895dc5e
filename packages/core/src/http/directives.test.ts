import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { parseDirectives, parseWhole, secondsOf } from "./directives.ts";

const parsed = (field: string | undefined) => Object.fromEntries(parseDirectives(field));

describe("parseDirectives", () => {
  test.each<[string | undefined, Record<string, string[]>]>([
    [undefined, {}],
    ["", {}],
    [" , ,\t", {}],
    // RFC 9111 5.2
    ["max-age=60", { "max-age": ["60"] }],
    ['private="set-cookie, x-user", max-age=5', { private: ["set-cookie, x-user"], "max-age": ["5"] }],
    ['private, community="UCI"', { private: [""], community: ["UCI"] }],
    ["no-cache, no-store , must-revalidate", { "no-cache": [""], "no-store": [""], "must-revalidate": [""] }],
    // Case, blanks, quotes
    ["PRIVATE, Max-Age=10", { private: [""], "max-age": ["10"] }],
    ['max-age="10"', { "max-age": ["10"] }],
    ["max-age = 10", { "max-age": ["10"] }],
    ["max-age=\t10 ,public", { "max-age": ["10"], public: [""] }],
    ['a="x\\"y\\\\z", b', { a: ['x"y\\z'], b: [""] }],
    ['a=""', { a: [""] }],
    ["a=", { a: [""] }],
    // Duplicates
    ["max-age=5, max-age=10", { "max-age": ["5", "10"] }],
    ["Private, private=x", { private: ["", "x"] }],
    // Other separators than a comma
    ["public; no-store", { public: [""], "no-store": [""] }],
    ["public no-store", { public: [""], "no-store": [""] }],
    ["max-age=60; private", { "max-age": ["60; private"], private: [""] }],
    ["max-age=60 Private, b", { "max-age": ["60 Private"], private: [""], b: [""] }],
    ["max-age=60;no-cache=x", { "max-age": ["60;no-cache=x"], "no-cache": [""] }],
    // What a value holds is no directive
    ["extension=no-store", { extension: ["no-store"] }],
    ['extension="no-store, private", b', { extension: ["no-store, private"], b: [""] }],
    // Quotes that are not closed, or closed where none can be
    ['a="open, no-store', { a: ['"open'], "no-store": [""] }],
    ['a="open end, no-store', { a: ['"open end'], end: [""], "no-store": [""] }],
    ['a="1, no-store, b="2", c', { a: ['"1'], "no-store": [""], b: ["2"], c: [""] }],
    ['max-age="10" x, private', { "max-age": ['"10" x'], x: [""], private: [""] }],
    ['a="\\", no-store', { a: ['"\\"'], "no-store": [""] }],
    ['"no-store"', { "no-store": [""] }],
    ["=no-store", { "no-store": [""] }],
    // Names that objects have
    ["__proto__=1, constructor", Object.fromEntries([["__proto__", ["1"]], ["constructor", [""]]])], // biome-ignore format: one line a case
  ])("%#: %s", (field, directives) => {
    expect(parsed(field)).toEqual(directives);
  });

  const directive = fc.constantFrom("no-store", "private", "no-cache", "No-Store", "PRIVATE");
  const junk = fc.string({ unit: fc.constantFrom(..."abc019=-\"\\,; \t'()"), maxLength: 30 });

  test("whatever stands before it, a directive of its own after a comma is seen, unless properly quoted", () => {
    fc.assert(
      fc.property(junk, directive, (before, name) => {
        // A quote that began in `before` may end after it only if what follows makes it a proper end: here it cannot.
        return parseDirectives(`${before}, ${name}`).has(name.toLowerCase());
      }),
      { numRuns: 2_000 },
    );
  });

  const odd = fc.string({ unit: fc.constantFrom(...'a=",\0\n\u00a0\u2028\ud800\u0130\u212a'), maxLength: 30 });

  test("never throws, and gives nothing but lower-case names without separators", () => {
    fc.assert(
      fc.property(fc.oneof(junk, odd), (field) => {
        return [...parseDirectives(field)].every(
          ([name, values]) => /^[^\s,;="]+$/.test(name) && name === name.toLowerCase() && values.length > 0,
        );
      }),
      { numRuns: 2_000 },
    );
  });

  const long = 100_000;
  test.each<[string, string]>([
    ["quotes", '"'.repeat(long)],
    ["open quotes", 'a="'.repeat(long / 3)],
    ["open quotes apart", 'a="x,'.repeat(long / 5)],
    ["closed quotes with rests", 'a="x"y,'.repeat(long / 7)],
    ["backslashes in an open quote", `a="${"\\".repeat(long)}`],
    ["escaped quotes", `a="${'\\"'.repeat(long / 2)}`],
    ["escaped quotes with a rest", `a="${'\\"'.repeat(long / 2)}"x`],
    ["blanks", `a${" ".repeat(long)}b`],
    ["blanks after an equals sign", `a=${" ".repeat(long)}"`],
    ["blanks after a quote", `a="x"${" ".repeat(long)}y`],
    ["many quotes with blanks", 'a="x" '.repeat(long / 6)],
    ["one long name", "a".repeat(long)],
    ["many names", "a,".repeat(long / 2)],
    ["many blanks and names", "a ".repeat(long / 2)],
    ["semicolons", `a=1${";b".repeat(long / 2)}`],
    ["equals signs", "=".repeat(long)],
  ])("takes time in proportion: 100 kB of %s", (_, field) => {
    const start = performance.now();
    parseDirectives(field);
    // Some milliseconds; in time that grows with the square of the length it would be many seconds.
    expect(performance.now() - start).toBeLessThan(1_500);
  });
});

describe("secondsOf", () => {
  test.each<[string, number | undefined]>([
    ["public", undefined],
    ["max-age=0", 0],
    ["max-age=60", 60],
    ["max-age=003600", 3600],
    ['max-age="60"', 60],
    ["max-age=5, max-age=10", 5],
    ["max-age=10, max-age=5", 5],
    ["max-age=10, max-age=x", 0],
    ["max-age", 0],
    ["max-age=", 0],
    ["max-age=-1", 0],
    ["max-age=+1", 0],
    ["max-age=1.5", 0],
    ["max-age=1e3", 0],
    ["max-age=0x10", 0],
    ["max-age='60'", 0],
    ["max-age=60a", 0],
    ["max-age=60; public", 0],
    ["max-age=١٢", 0],
    ["max-age=2147483647", 2 ** 31 - 1],
    ["max-age=2147483648", 2 ** 31],
    ["max-age=99999999999999999999", 2 ** 31],
    [`max-age=${"9".repeat(400)}`, 2 ** 31],
    ["max-age=5,".repeat(200_000), 5],
  ])("%.40s", (field, seconds) => {
    expect(secondsOf(parseDirectives(field), "max-age")).toBe(seconds);
  });
});

test("parseWhole takes digits and nothing else", () => {
  expect(["0", "12", "", " 1", "1 ", "-0", "1,2"].map(parseWhole)).toEqual([
    0,
    12,
    undefined,
    undefined,
    undefined,
    undefined,
    undefined,
  ]);
});
