import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { fieldMap } from "./fields.ts";
import type { RequestView } from "./request-view.ts";
import { variantTail, variesBy } from "./vary.ts";

const requestWith = (fields: Record<string, string>): RequestView => ({
  method: "GET",
  url: "/",
  scheme: "http",
  host: "localhost",
  header: (name) => fields[name],
});

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

describe("variantTail", () => {
  test("reads well", () => {
    expect(
      variantTail({ names: ["accept-language", "foo"], id: "x" }, requestWith({ "accept-language": "de, en" })),
    ).toBe(' vary=x accept-language="de,en" foo=undefined');
  });

  test("absent is not empty, and white space around commas does not count", () => {
    expect(variantTail({ names: ["a"], id: "x" }, requestWith({ a: "" }))).not.toBe(
      variantTail({ names: ["a"], id: "x" }, requestWith({})),
    );
    expect(variantTail({ names: ["a"], id: "x" }, requestWith({ a: " x ,\ty" }))).toBe(
      variantTail({ names: ["a"], id: "x" }, requestWith({ a: "x,y" })),
    );
    expect(variantTail({ names: ["a"], id: "x" }, requestWith({ a: "x y" }))).not.toBe(
      variantTail({ names: ["a"], id: "x" }, requestWith({ a: "xy" })),
    );
  });

  test("different values never meet, whatever they hold", () => {
    const value = fc.option(fc.string({ unit: "binary-ascii" }), { nil: undefined });
    fc.assert(
      fc.property(value, value, value, value, (a1, b1, a2, b2) => {
        const fold = (text: string | undefined) => text?.trim().replace(/[\t ]*,[\t ]*/g, ",");
        const tail = (a?: string, b?: string) =>
          variantTail(
            { names: ["a", "b"], id: "x" },
            requestWith({ ...(a !== undefined && { a }), ...(b !== undefined && { b }) }),
          );
        expect(tail(a1, b1) === tail(a2, b2)).toBe(fold(a1) === fold(a2) && fold(b1) === fold(b2));
      }),
    );
  });
});
