import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { QueryFilter, type QueryOptions, queryNames } from "./query.ts";

test.each<[QueryOptions, string, string]>([
  [{ ignore: ["utm"] }, "/a?b=2&utm=x&a=1", "/a?b=2&a=1"],
  [{ ignore: ["utm"] }, "/a?%75tm=x&b", "/a?b"],
  [{ ignore: ["utm"] }, "/a?utm", "/a"],
  [{ ignore: ["utm"] }, "/a?utm[]=1&utmost=2", "/a?utm[]=1&utmost=2"],
  [{ ignore: ["a b"] }, "/?a+b=1&a%20b=2&c", "/?c"],
  [{ include: ["q"] }, "/?x=1&q=%C3%A4+b&q=2&q", "/?q=%C3%A4+b&q=2&q"],
  [{ include: [] }, "/?x=1", "/"],
  [{ sort: true }, "/?b=2&a=2&a=1&%62=1", "/?a=2&a=1&b=2&%62=1"],
  [{ sort: true, ignore: ["c"] }, "/?c&b&a", "/?a&b"],
  [{}, "/?b&a", "/?b&a"],
  [{ ignore: ["x"] }, "/?", "/?"],
  [{ ignore: ["x"] }, "/", "/"],
  [{ include: ["?a"] }, "/??a=1&b", "/??a=1"],
])("%o makes of %s", (options, url, target) => {
  expect(new QueryFilter(options).targetOf(url)).toBe(target);
});

test.each([
  [{ include: ["a"], ignore: ["b"] }, "query"],
  [{ include: "a" }, "query.include"],
  [{ ignore: [1] }, "query.ignore"],
  [{ sort: "yes" }, "query.sort"],
  [{ order: true }, "order"],
])("%o is refused because of %s", (options, option) => {
  expect(() => new QueryFilter(options as QueryOptions)).toThrow(
    expect.objectContaining({ code: "OPTION_INVALID", option }),
  );
});

const name = fc.constantFrom("a", "b", "%61", "c", "", "a+b", "%");
const pair = fc
  .tuple(name, fc.option(fc.constantFrom("1", "2", "%31", "")))
  .map(([key, value]) => (value === null ? key : `${key}=${value}`));
const url = fc.array(pair, { maxLength: 6 }).map((pairs) => (pairs.length === 0 ? "/x" : `/x?${pairs.join("&")}`));

describe("whatever the query", () => {
  test("what is made of it stays as it is when it is made again, and has only pairs that were written", () => {
    fc.assert(
      fc.property(url, fc.boolean(), (written, sort) => {
        const filter = new QueryFilter({ ignore: ["a"], sort });
        const target = filter.targetOf(written);
        expect(filter.targetOf(target)).toBe(target);
        expect(queryNames(target)).not.toContain("a");
        const pairs = (text: string) => text.split("?")[1]?.split("&") ?? [];
        for (const kept of pairs(target)) expect(pairs(written)).toContain(kept);
      }),
    );
  });

  test("sorted, two of them are one only if a form has the same values for each name", () => {
    const filter = new QueryFilter({ sort: true });
    const values = (text: string) => {
      const form = new URLSearchParams(`&${text.split("?")[1] ?? ""}`);
      return JSON.stringify([...new Set(form.keys())].sort().map((key) => [key, form.getAll(key)]));
    };
    fc.assert(
      fc.property(url, url, (one, other) => {
        if (filter.targetOf(one) === filter.targetOf(other)) expect(values(one)).toBe(values(other));
      }),
    );
  });
});
