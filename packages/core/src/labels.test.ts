import { expect, test } from "vitest";
import { everything, namespaceLabel, sameLabels, tagLabel } from "./labels.ts";

test("a tag, a namespace and the whole cache are never the same label", () => {
  const labels = ["*", "n:a", "t:a", "a", ""].flatMap((name) => [namespaceLabel(name), tagLabel(name)]);
  expect(new Set([everything, ...labels]).size).toBe(labels.length + 1);
});

test("labels are at most some hundred characters long, however long the names are, and still differ", () => {
  const names = ["a", "b"].map((end) => `${"x".repeat(100_000)}${end}`);
  const labels = names.flatMap((name) => [namespaceLabel(name), tagLabel(name)]);
  expect(Math.max(...labels.map(({ length }) => length))).toBeLessThan(250);
  expect(new Set(labels).size).toBe(4);
});

test("lists are alike if they have the same labels in the same order", () => {
  const list = ["*", "t:a"];
  expect(sameLabels(list, list)).toBe(true);
  expect(sameLabels(list, ["*", "t:a"])).toBe(true);
  for (const other of [["*"], ["*", "t:b"], ["t:a", "*"], ["*", "t:a", "t:b"], []]) {
    expect(sameLabels(list, other)).toBe(false);
  }
});
