import { describe, expect, test } from "vitest";
import { parseDirectives } from "./directives.ts";
import { fieldMap } from "./fields.ts";
import { explicitLifetime, initialAge } from "./freshness.ts";

const madeAt = Date.UTC(2026, 10, 23, 12, 0, 0, 400);

/** Seconds from the whole second of `madeAt` as a date. */
const date = (seconds: number) => new Date(madeAt + 1000 * seconds).toUTCString();

type Fields = Record<string, string>;

describe("explicitLifetime, in milliseconds", () => {
  const lifetime = (fields: Fields) => {
    const map = fieldMap(Object.entries(fields));
    return explicitLifetime(parseDirectives(map.get("cache-control")), map, madeAt);
  };

  test.each<[string, Fields, number | undefined]>([
    ["nothing said", {}, undefined],
    ["a directive that says nothing about it", { "Cache-Control": "public" }, undefined],
    ["max-age", { "Cache-Control": "max-age=60" }, 60_000],
    ["s-maxage before max-age", { "Cache-Control": "max-age=60, s-maxage=10" }, 10_000],
    ["s-maxage of 0", { "Cache-Control": "max-age=60, s-maxage=0" }, 0],
    ["s-maxage that cannot be read", { "Cache-Control": "max-age=60, s-maxage=x" }, 0],
    ["max-age before Expires", { "Cache-Control": "max-age=60", Expires: date(10) }, 60_000],
    ["max-age of 0 before Expires", { "Cache-Control": "max-age=0", Expires: date(10) }, 0],
    ["Expires minus Date", { Expires: date(40), Date: date(10) }, 30_000],
    ["Expires without Date", { Expires: date(10) }, 9_600],
    ["Expires with a Date that is none", { Expires: date(10), Date: "now" }, 9_600],
    ["Expires in the past", { Expires: date(-10), Date: date(0) }, 0],
    ["Expires at Date", { Expires: date(0), Date: date(0) }, 0],
    ["Expires in the future, but before Date", { Expires: date(300), Date: date(400) }, 0],
    ["Expires: 0", { Expires: "0" }, 0],
    ["Expires that cannot be read", { Expires: "tomorrow" }, 0],
    ["an empty Expires", { Expires: "" }, 0],
  ])("%s", (_, fields, expected) => {
    expect(lifetime(fields)).toBe(expected);
  });

  test("two lines of Expires are none that can be understood", () => {
    const map = fieldMap([
      ["Expires", date(10)],
      ["expires", date(20)],
    ]);
    expect(explicitLifetime(new Map(), map, madeAt)).toBe(0);
  });
});

describe("initialAge, in milliseconds", () => {
  const age = (fields: Fields) => initialAge(fieldMap(Object.entries(fields)), madeAt);

  test.each<[string, Fields, number]>([
    ["nothing said", {}, 0],
    ["Age", { Age: "30" }, 30_000],
    ["the first of several", { Age: "30, 7200" }, 30_000],
    ["an Age that is no number", { Age: "abc" }, 0],
    ["a negative one", { Age: "-30" }, 0],
    ["a fraction", { Age: "30.5" }, 0],
    ["an Age beyond all bounds", { Age: "9".repeat(400) }, 1000 * 2 ** 31],
    ["a Date of just now", { Date: date(0) }, 0],
    ["a Date in the past", { Date: date(-20) }, 20_000],
    ["a Date ahead of us", { Date: date(20) }, 0],
    ["a Date that is none", { Date: "yesterday" }, 0],
    ["Age more than Date", { Age: "30", Date: date(-20) }, 30_000],
    ["Date more than Age", { Age: "10", Date: date(-20) }, 20_000],
  ])("%s", (_, fields, expected) => {
    expect(age(fields)).toBe(expected);
  });
});
