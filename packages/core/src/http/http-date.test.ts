import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { parseDate } from "./http-date.ts";

const now = Date.UTC(2026, 10, 23, 12);

describe("parseDate", () => {
  test.each<[string, number]>([
    // RFC 9110 5.6.7
    ["Sun, 06 Nov 1994 08:49:37 GMT", Date.UTC(1994, 10, 6, 8, 49, 37)],
    ["Sunday, 06-Nov-94 08:49:37 GMT", Date.UTC(1994, 10, 6, 8, 49, 37)],
    ["Sun Nov  6 08:49:37 1994", Date.UTC(1994, 10, 6, 8, 49, 37)],
    ["Sat Dec 31 23:59:59 2050", Date.UTC(2050, 11, 31, 23, 59, 59)],
    ["Thu, 29 Feb 2024 00:00:00 GMT", Date.UTC(2024, 1, 29)],
    ["Thu, 01 Jan 1970 00:00:00 GMT", 0],
    ["Fri, 31 Dec 9999 23:59:59 GMT", Date.UTC(9999, 11, 31, 23, 59, 59)],
    // The first second of the next minute
    ["Sat, 31 Dec 2016 23:59:60 GMT", Date.UTC(2017, 0, 1)],
  ])("%s", (text, time) => {
    expect(parseDate(text, now)).toBe(time);
  });

  test.each<[string, number]>([
    ["26", 2026],
    ["00", 2000],
    ["75", 2075],
    // 50 years and a month ahead
    ["76", 1976],
    ["77", 1977],
    ["99", 1999],
  ])("a year of two digits, %s, is %i in 2026", (year, full) => {
    expect(parseDate(`Monday, 24-Dec-${year} 00:00:00 GMT`, now)).toBe(Date.UTC(full, 11, 24));
  });

  test("exactly 50 years ahead is not more than 50 years ahead", () => {
    expect(parseDate("Monday, 23-Nov-76 12:00:00 GMT", now)).toBe(Date.UTC(2076, 10, 23, 12));
    expect(parseDate("Monday, 23-Nov-76 12:00:01 GMT", now)).toBe(Date.UTC(1976, 10, 23, 12, 0, 1));
  });

  test.each([
    "",
    "0",
    "-1",
    "2026",
    "2026-11-23T12:00:00Z",
    "Sun, 06 Nov 1994 08:49:37",
    "Sun, 06 Nov 1994 08:49:37 UTC",
    "Sun, 06 Nov 1994 08:49:37 +0000",
    "Sun, 06 Nov 94 08:49:37 GMT",
    "Sun, 6 Nov 1994 08:49:37 GMT",
    "Sun, 06 Nov 1994 8:49:37 GMT",
    "Sun, 06-Nov-1994 08:49:37 GMT",
    "Sun 06 Nov 1994 08:49:37 GMT",
    "Sun, 06  Nov 1994 08:49:37 GMT",
    "SUN, 06 Nov 1994 08:49:37 GMT",
    "Sun, 06 NOV 1994 08:49:37 GMT",
    "Sun, 06 Nox 1994 08:49:37 GMT",
    "Fri, 31 Feb 2026 00:00:00 GMT",
    "Sun, 29 Feb 2026 00:00:00 GMT",
    "Sun, 00 Nov 1994 08:49:37 GMT",
    "Sun, 32 Oct 1994 08:49:37 GMT",
    "Sun, 06 Nov 1994 24:00:00 GMT",
    "Sun, 06 Nov 1994 08:60:00 GMT",
    "Sun, 06 Nov 1994 08:49:61 GMT",
    " Sun, 06 Nov 1994 08:49:37 GMT",
    "Sun, 06 Nov 1994 08:49:37 GMT, Sun, 06 Nov 1994 08:49:37 GMT",
    "Sun, 06 Nov 1994 08:49:37 GMT\n",
  ])("is no date: %j", (text) => {
    expect(parseDate(text, now)).toBeUndefined();
  });

  test("absent", () => {
    expect(parseDate(undefined, now)).toBeUndefined();
  });

  test("what toUTCString writes comes back", () => {
    fc.assert(
      fc.property(fc.date({ min: new Date(0), max: new Date(Date.UTC(9999, 11, 31)), noInvalidDate: true }), (date) => {
        expect(parseDate(date.toUTCString(), now)).toBe(1000 * Math.floor(date.getTime() / 1000));
      }),
    );
  });
});
