import { expect, test } from "vitest";
import { indicesOf } from "./indices.ts";

const holes = (length: number, items: Record<string, unknown>) => Object.assign(new Array(length), items);

test.each<[string, unknown[], "dense" | number[] | undefined]>([
  ["an empty array", [], "dense"],
  ["items throughout", [1, undefined, null], "dense"],
  ["only holes", new Array(4_294_967_295), []],
  ["holes between", holes(5, { 1: "a", 3: "b" }), [1, 3]],
  ["a hole at the end", holes(2, { 0: "a" }), [0]],
  ["the last index there is", holes(4_294_967_295, { 4294967294: "a" }), [4_294_967_294]],
  ["a name", holes(1, { 0: "a", x: 1 }), undefined],
  ["a name that makes up for a hole", holes(2, { 0: "a", x: 1 }), undefined],
  ["a number that is no index", holes(1, { 4294967295: 1 }), undefined],
  ["a fraction", holes(3, { 1.5: 1 }), undefined],
  ["a negative number", holes(3, { "-1": 1 }), undefined],
  ["a number written otherwise", holes(3, { "01": 1 }), undefined],
  ["a match", /a/.exec("a") as unknown[], undefined],
])("$0", (_, array, indices) => {
  expect(indicesOf(array)).toEqual(indices);
});
