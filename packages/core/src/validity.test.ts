import { expect, test } from "vitest";
import { judgeValidity } from "./validity.ts";

const mark = (seq: number, epoch = "e") => ({ epoch, seq });
const stamp = (hard: number, soft = 0) => ({ hard, soft });

test.each([
  ["nothing was invalidated", 5, [stamp(0), stamp(0)], "valid"],
  ["all was invalidated before the load, or as it began", 5, [stamp(5, 5), stamp(3, 1)], "valid"],
  ["one label was invalidated later", 5, [stamp(0), stamp(6)], "void"],
  ["one label was made stale later", 5, [stamp(0), stamp(5, 6)], "stale"],
  ["one label is stale and another void", 5, [stamp(0, 9), stamp(6)], "void"],
  ["it carries no labels", 5, [], "valid"],
])("an entry of which %s", (_what, seq, stamps, validity) => {
  expect(judgeValidity(mark(seq), { mark: mark(9), stamps })).toBe(validity);
});

test("what cannot be compared is void", () => {
  expect(judgeValidity(mark(5, "before"), { mark: mark(9), stamps: [stamp(0)] })).toBe("void");
  expect(judgeValidity(mark(10), { mark: mark(9), stamps: [stamp(0)] })).toBe("void");
});
