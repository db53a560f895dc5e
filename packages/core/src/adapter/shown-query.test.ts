import { expect, test } from "vitest";
import { shownQuery } from "./shown-query.ts";

test.each<[object, string, string, object]>([
  [{ a: "1", utm: "x" }, "/?a=1&utm=x", "/?a=1", { a: "1" }],
  [{ b: "2", a: ["1", "2"] }, "/?b=2&a=1&a=2", "/?a=1&a=2&b=2", { a: ["1", "2"], b: "2" }],
  // A default of a schema.
  [{ a: 1, page: 7 }, "/?a=1", "/", { page: 7 }],
  // What parsers make of names with brackets and dots.
  [{ a: { b: "1" }, c: { d: "2" }, ab: "3" }, "/?a[b]=1&c.d=2&ab=3", "/?ab=3", { ab: "3" }],
  [{ a: { b: "1" } }, "/?a[b]=1&x=1", "/?a[b]=1", { a: { b: "1" } }],
  [{ "a b": "1" }, "/?a+b=1&%61%20b=2", "/", {}],
])("of %o, received as %s, %s leaves %o", (query, received, target, left) => {
  const shown = shownQuery(query, received, target);
  expect(shown).toEqual(left);
  expect(Object.keys(shown)).toEqual(Object.keys(left));
});

test("prototype and accessors are as they were", () => {
  let reads = 0;
  const query = Object.defineProperty(Object.create(null), "a", { enumerable: true, get: () => ++reads });
  const shown = shownQuery(query, "/?a&b", "/?a");
  expect([Object.getPrototypeOf(shown), reads, Reflect.get(shown, "a")]).toEqual([null, 0, 1]);
});
