import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { fieldMap } from "./fields.ts";
import type { RequestView } from "./request-view.ts";
import { type Variants, variantTail, variesBy } from "./vary.ts";

const requestWith = (fields: Record<string, string>): RequestView => ({
  method: "GET",
  url: "/",
  scheme: "http",
  host: "localhost",
  names: () => Object.keys(fields),
  header: (name) => fields[name],
});

const tailOf = (variants: Variants, request: RequestView) => variantTail(variants, request, () => []);

describe("variesBy", () => {
  const keyed = new Set(["x-tenant"]);
  test.each([
    [[], []],
    [["Accept-Language"], ["accept-language"]],
    [["Foo, Accept-Encoding ,foo"], ["accept-encoding", "foo"]],
    [["X-Tenant, Foo"], ["foo"]],
    [
      ["Foo", "Bar"],
      ["bar", "foo"],
    ],
    [["Foo, *"], "*"],
    [["*"], "*"],
    [[", ,"], []],
  ])("%o", (lines, names) => {
    expect(variesBy(fieldMap(lines.map((value) => ["Vary", value])), keyed)).toEqual(names);
  });
});

/** The blanks at the end, unless they belong to quotes that nobody closes. */
const endOf = (part: string) => (/^(?:[^"]|"(?:[^"\\]|\\.)*")*$/s.test(part) ? /[\t ]+$/ : /(?!)/);

describe("variantTail", () => {
  test("reads well", () => {
    expect(tailOf({ names: ["accept-language", "foo"], id: "x" }, requestWith({ "accept-language": "de, en" }))).toBe(
      ' vary=x accept-language="de,en" foo=undefined',
    );
  });

  test("absent is not empty, and white space around commas does not count", () => {
    expect(tailOf({ names: ["a"], id: "x" }, requestWith({ a: "" }))).not.toBe(
      tailOf({ names: ["a"], id: "x" }, requestWith({})),
    );
    expect(tailOf({ names: ["a"], id: "x" }, requestWith({ a: " x ,\ty" }))).toBe(
      tailOf({ names: ["a"], id: "x" }, requestWith({ a: "x,y" })),
    );
    expect(tailOf({ names: ["a"], id: "x" }, requestWith({ a: "x y" }))).not.toBe(
      tailOf({ names: ["a"], id: "x" }, requestWith({ a: "xy" })),
    );
  });

  test.each<[string, string, string]>([
    ["blanks within quotes", '"a , b"', '"a,b"'],
    ["blanks within quotes that nobody closes", '"a , b', '"a,b'],
    ["blanks beside quotes", 'a "b"', 'a"b"'],
    ["what is white space elsewhere, but a part of a value here", "a\u00a0", "a"],
    ["blanks within a member", "a  b", "a b"],
    ["empty members", "a,,b", "a,b"],
    ["the order", "a,b", "b,a"],
    ["upper case", "A", "a"],
  ])("what has a meaning is left alone: %s", (_, one, other) => {
    const tail = (a: string) => tailOf({ names: ["a"], id: "x" }, requestWith({ a }));
    expect(tail(one)).not.toBe(tail(other));
  });

  test("a quote within quotes, after a comma outside", () => {
    const tail = (a: string) => tailOf({ names: ["a"], id: "x" }, requestWith({ a }));
    expect(tail('"a\\" , b" , c')).toBe(tail('"a\\" , b",c'));
  });

  test("languages: the letters of ASCII, and no others", () => {
    const tail = (value: string) =>
      tailOf({ names: ["accept-language"], id: "x" }, requestWith({ "accept-language": value }));
    expect(tail("EN-us, De")).toBe(tail("en-US,de"));
    expect(tail("\u00c4")).not.toBe(tail("\u00e4"));
  });

  test("takes time in proportion to what there is", () => {
    const start = performance.now();
    for (const a of [
      `${" ".repeat(200_000)}x`,
      `x${" ".repeat(200_000)}x`,
      '"'.repeat(200_001),
      '\\"'.repeat(100_000),
    ]) {
      tailOf({ names: ["a"], id: "x" }, requestWith({ a }));
    }
    expect(performance.now() - start).toBeLessThan(1_500);
  });

  test("different values never meet, whatever they hold", () => {
    const value = fc.option(fc.string({ unit: "binary-ascii" }), { nil: undefined });
    fc.assert(
      fc.property(value, value, value, value, (a1, b1, a2, b2) => {
        // By hand: pieces at commas that do not stand in quotes, without the blanks around them.
        const fold = (text: string | undefined) =>
          text
            ?.match(/(?:"(?:[^"\\]|\\.)*(?:"|$)|[^",])+|,/gs)
            ?.map((part) => part.replace(/^[\t ]+/, "").replace(endOf(part), ""))
            .join("") ?? text;
        const tail = (a?: string, b?: string) =>
          tailOf(
            { names: ["a", "b"], id: "x" },
            requestWith({ ...(a !== undefined && { a }), ...(b !== undefined && { b }) }),
          );
        expect(tail(a1, b1) === tail(a2, b2)).toBe(fold(a1) === fold(a2) && fold(b1) === fold(b2));
      }),
    );
  });
});
