import { expect, test } from "vitest";
import { pathOf, type Step } from "./path.ts";

test.each<[string, Step[]]>([
  ["value", []],
  ["value.items[3].owner", ["items", 3, "owner"]],
  ['value["a b"]["1x"][""]', ["a b", "1x", ""]],
  ["value.$_é", ["$_é"]],
  ["value.users.keys()[0].id", ["users", { of: "keys", index: 0 }, "id"]],
  ["value.values()[12]", [{ of: "values", index: 12 }]],
])("%s", (path, steps) => {
  expect(pathOf("value", steps)).toBe(path);
});

test("is cut when it grows long", () => {
  expect(pathOf("value", Array(100_000).fill("next"))).toMatch(/^value(\.next)+\.?n?e?x?t?…$/);
  expect(pathOf("value", Array(100_000).fill("next")).length).toBeLessThan(170);
  expect(pathOf("value", ["k".repeat(1_000)])).toBe(`value["${"k".repeat(40)}…"]`);
});
