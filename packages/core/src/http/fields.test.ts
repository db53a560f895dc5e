import { describe, expect, test } from "vitest";
import { extendList, fieldMap, isFieldName, isFieldValue, isStorableField, overlay, tokens } from "./fields.ts";

test("fieldMap joins the lines of a field, whatever the case of its name", () => {
  const map = fieldMap([
    ["Vary", "Accept"],
    ["X-A", "1"],
    ["vary", "Accept-Language, Origin"],
    ["__proto__", "x"],
  ]);
  expect([...map]).toEqual([
    ["vary", "Accept, Accept-Language, Origin"],
    ["x-a", "1"],
    ["__proto__", "x"],
  ]);
});

test("overlay: what comes later takes the place of what was there", () => {
  const earlier = fieldMap([
    ["Cache-Control", "private"],
    ["X-A", "1"],
  ]);
  const later = fieldMap([["cache-control", "public"]]);
  expect(Object.fromEntries(overlay(earlier, later))).toEqual({ "cache-control": "public", "x-a": "1" });
  expect(overlay(new Map(), later)).toBe(later);
});

test.each<[string | undefined, string[]]>([
  [undefined, []],
  ["", []],
  [" , ,", []],
  ["Accept-Language,ORIGIN ,\tx", ["accept-language", "origin", "x"]],
])("tokens of %j", (list, expected) => {
  expect(tokens(list)).toEqual(expected);
});

test.each<[string | undefined, string[], string | undefined]>([
  [undefined, [], undefined],
  [undefined, ["a", "b"], "a, b"],
  ["", ["a"], "a"],
  ["A, C", ["a"], undefined],
  ["A, C", ["a", "b"], "A, C, b"],
])("%j extended by %j is %j", (list, names, expected) => {
  expect(extendList(list, names)).toBe(expected);
});

test("field names", () => {
  for (const name of ["X-Cache", "a", "!#$%&'*+-.^_`|~09"]) expect(isFieldName(name)).toBe(true);
  for (const name of ["", "a b", "a:", "a\n", "ä", "a\r\nb", "(a)", 1, undefined])
    expect(isFieldName(name)).toBe(false);
});

test("field values", () => {
  for (const value of ["", "a b\tc", "\u0080\u00ff", "~"]) expect(isFieldValue(value)).toBe(true);
  for (const value of ["a\r\nSet-Cookie: b", "a\n", "\0", "\u007f", "\u0100", "😀", 1, null]) {
    expect(isFieldValue(value)).toBe(false);
  }
});

describe("isStorableField", () => {
  test.each([
    "connection",
    "keep-alive",
    "proxy-authenticate",
    "proxy-authentication-info",
    "proxy-authorization",
    "proxy-connection",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
    "age",
    "content-length",
  ])("not %s", (name) => {
    expect(isStorableField(name)).toBe(false);
  });

  test.each(["content-type", "etag", "date", "vary", "cache-status", "x-connection"])("but %s", (name) => {
    expect(isStorableField(name)).toBe(true);
  });
});
