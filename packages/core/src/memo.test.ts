import { expect, test } from "vitest";
import { Memo } from "./memo.ts";

test("keeps as much as there is room for, and then begins anew", () => {
  const memo = new Memo<string, number>(2);
  memo.set("a", 1).set("b", 2);
  expect([...memo]).toEqual([
    ["a", 1],
    ["b", 2],
  ]);
  memo.set("c", 3);
  expect([...memo]).toEqual([["c", 3]]);
});

test("what is known already takes no room", () => {
  const memo = new Memo<string, number>(2).set("a", 1).set("b", 2);
  memo.set("a", 3);
  expect([...memo]).toEqual([
    ["a", 3],
    ["b", 2],
  ]);
});

test("the first value of a name is everybody's", () => {
  const memo = new Memo<string, { readonly of: string }>(2);
  const [one, two] = [{ of: "a" }, { of: "b" }];
  expect([memo.first("a", one), memo.first("b", two), memo.first("a", { of: "a" })]).toEqual([one, two, one]);
  expect(memo.first("a", { of: "a" })).toBe(one);
  memo.first("c", { of: "c" });
  const another = { of: "a" };
  expect(memo.first("a", another)).toBe(another);
});
