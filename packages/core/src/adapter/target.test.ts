import { expect, test } from "vitest";
import { pathOf, queryOf } from "./target.ts";

test.each([
  ["/", "/", ""],
  ["/a?", "/a", "?"],
  ["/a?b=c?d", "/a", "?b=c?d"],
  ["?b", "", "?b"],
  ["", "", ""],
])("%s is %s and %s", (target, path, query) => {
  expect([pathOf(target), queryOf(target)]).toEqual([path, query]);
});
