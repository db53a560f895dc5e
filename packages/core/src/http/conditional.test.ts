import { describe, expect, test } from "vitest";
import { request } from "../../test/http-request.ts";
import { clientHas, isContentField, readConditions } from "./conditional.ts";

const now = Date.UTC(2026, 10, 23);
const older = "Sun, 06 Nov 1994 08:49:36 GMT";
const modified = "Sun, 06 Nov 1994 08:49:37 GMT";
const later = "Sun, 06 Nov 1994 08:49:38 GMT";

describe("If-None-Match", () => {
  const has = (ifNoneMatch: string, etag: string | undefined) =>
    clientHas({ ifNoneMatch, ifModifiedSince: undefined }, 200, etag, undefined, now);

  test.each<[string, string]>([
    ['"a"', '"a"'],
    [' "a" ', '"a"'],
    ['"x", "a"', '"a"'],
    ['"x","a","y"', '"a"'],
    ['"x" , , "a"', '"a"'],
    // Weak comparison, RFC 9110 8.8.3.2
    ['W/"a"', '"a"'],
    ['"a"', 'W/"a"'],
    ['W/"a"', 'W/"a"'],
    ['"x", W/"a"', 'W/"a"'],
    ['""', '""'],
    ['"a, b"', '"a, b"'],
    ['"x", "a, b"', 'W/"a, b"'],
    ['"\u00fc"', '"\u00fc"'],
    ["*", '"a"'],
    [" * ", '"a"'],
  ])("%s has %s", (list, etag) => {
    expect(has(list, etag)).toBe(true);
  });

  test.each<[string, string | undefined]>([
    ['"b"', '"a"'],
    ['"A"', '"a"'],
    ['"a', '"a"'],
    ["a", '"a"'],
    ['"a"', "a"],
    ['"a"', 'w/"a"'],
    ['"xa"', '"a"'],
    // A comma within a tag parts nothing
    ['"a, b"', '"a"'],
    ['"a","b"', '","'],
    // Quotes out of step
    ['x", "a", "y', '"a"'],
    ['"x", *', '"a"'],
    ["", '"a"'],
    ['"a"', undefined],
  ])("%s has not %s", (list, etag) => {
    expect(has(list, etag)).toBe(false);
  });

  test("* is met by any answer, also without a tag", () => {
    expect(has("*", undefined)).toBe(true);
  });

  test("takes time in proportion", () => {
    const start = performance.now();
    for (const list of ['"'.repeat(100_001), 'W/"a",'.repeat(20_000), `"${"a".repeat(100_000)}`, "W/".repeat(50_000)]) {
      expect(has(list, '"b"')).toBe(false);
    }
    expect(performance.now() - start).toBeLessThan(1_500);
  });
});

describe("If-Modified-Since", () => {
  const has = (ifModifiedSince: string, lastModified: string | undefined) =>
    clientHas({ ifNoneMatch: undefined, ifModifiedSince }, 200, '"a"', lastModified, now);

  test.each<[string, string | undefined, boolean]>([
    [modified, modified, true],
    [later, modified, true],
    [older, modified, false],
    // The other forms of a date, RFC 9110 5.6.7
    ["Sunday, 06-Nov-94 08:49:37 GMT", modified, true],
    ["Sun Nov  6 08:49:37 1994", modified, true],
    [modified, "Sun Nov  6 08:49:37 1994", true],
    ["yesterday", modified, false],
    ["", modified, false],
    [modified, undefined, false],
    [modified, "once", false],
  ])("%s against %s: %s", (since, lastModified, expected) => {
    expect(has(since, lastModified)).toBe(expected);
  });
});

test("If-None-Match decides alone", () => {
  expect(clientHas({ ifNoneMatch: '"x"', ifModifiedSince: later }, 200, '"a"', modified, now)).toBe(false);
  expect(clientHas({ ifNoneMatch: '"a"', ifModifiedSince: older }, 200, '"a"', modified, now)).toBe(true);
  expect(clientHas({ ifNoneMatch: "", ifModifiedSince: later }, 200, '"a"', modified, now)).toBe(false);
});

test.each([199, 300, 301, 304, 404, 500])("an answer of status %i is not compared", (status) => {
  expect(clientHas({ ifNoneMatch: "*", ifModifiedSince: later }, status, '"a"', modified, now)).toBe(false);
});

test.each([200, 203, 204, 299])("an answer of status %i is compared", (status) => {
  expect(clientHas({ ifNoneMatch: '"a"', ifModifiedSince: undefined }, status, '"a"', undefined, now)).toBe(true);
});

test("readConditions: those of a request, if it has any", () => {
  expect(readConditions(request("/"))).toBeUndefined();
  expect(readConditions(request("/", { headers: { range: "bytes=0-1", "if-range": '"a"' } }))).toBeUndefined();
  expect(readConditions(request("/", { headers: { "if-none-match": "" } }))).toEqual({ ifNoneMatch: "" });
  expect(readConditions(request("/", { headers: { "if-modified-since": later } }))).toEqual({ ifModifiedSince: later });
});

test("isContentField: what a 304 does not send again, RFC 9110 15.4.5", () => {
  for (const name of ["Content-Type", "content-length", "Content-Encoding"]) expect(isContentField(name)).toBe(true);
  for (const name of ["Content-Location", "Date", "ETag", "Vary", "Cache-Control", "Expires", "Last-Modified"]) {
    expect(isContentField(name)).toBe(false);
  }
});
