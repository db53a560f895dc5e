import { describe, expect, test } from "vitest";
import { parseRange, rangeHolds } from "./range.ts";

describe("parseRange", () => {
  test.each([
    ["bytes=0-499", { first: 0, last: 499 }],
    ["bytes=500-999", { first: 500, last: 999 }],
    ["bytes=-500", { first: 9500, last: 9999 }],
    ["bytes=9500-", { first: 9500, last: 9999 }],
    ["bytes=0-0", { first: 0, last: 0 }],
    ["bytes=-1", { first: 9999, last: 9999 }],
    ["bytes=-20000", { first: 0, last: 9999 }],
    ["bytes=9000-20000", { first: 9000, last: 9999 }],
    ["BYTES=1-2", { first: 1, last: 2 }],
    ["bytes = 1 - 2", { first: 1, last: 2 }],
  ])("%s of 10000 (RFC 9110 14.1.2)", (field, range) => {
    expect(parseRange(field, 10_000)).toEqual(range);
  });

  test.each([
    undefined,
    "",
    "bytes=",
    "bytes=-",
    "bytes=-0",
    "bytes=10000-",
    "bytes=5-4",
    "bytes=0-0,-1",
    "items=0-1",
    "bytes=a-b",
    "bytes=1.5-2",
  ])("%s: the whole", (field) => {
    expect(parseRange(field, 10_000)).toBeUndefined();
  });

  test("nothing of an empty body", () => {
    expect(parseRange("bytes=0-", 0)).toBeUndefined();
    expect(parseRange("bytes=-1", 0)).toBeUndefined();
  });
});

describe("rangeHolds", () => {
  const modified = "Mon, 23 Nov 2026 10:00:00 GMT";
  const madeAt = Date.parse(modified) + 60_000;

  test.each([
    [undefined, true],
    ['"a"', true],
    ['W/"a"', false],
    ['"b"', false],
    [modified, true],
    ["Mon, 23 Nov 2026 10:00:01 GMT", false],
    ["Mon, 23 Nov 2026 09:59:59 GMT", false],
    ["yesterday", false],
  ])("If-Range: %s", (field, holds) => {
    expect(rangeHolds(field, '"a"', modified, madeAt)).toBe(holds);
  });

  test("a weak tag never holds, not even against itself", () => {
    expect(rangeHolds('W/"a"', 'W/"a"', undefined, madeAt)).toBe(false);
  });

  test("a date is no proof within the second of the answer", () => {
    expect(rangeHolds(modified, undefined, modified, Date.parse(modified) + 500)).toBe(false);
  });
});
