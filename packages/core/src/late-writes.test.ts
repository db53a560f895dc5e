import { expect, test } from "vitest";
import { LateWrites } from "./late-writes.ts";

test("nothing is late at first", () => {
  const late = new LateWrites();
  expect([late.of("k"), late.size]).toEqual([[], 0]);
});

test("a key is late until each of its writes is over", () => {
  const late = new LateWrites();
  late.add("k", "t:a");
  late.add("k", "*");
  late.add("l", "*");
  expect([late.of("k"), late.of("l"), late.size]).toEqual([["t:a", "*"], ["*"], 2]);
  late.over("k", "*");
  expect(late.of("k")).toEqual(["t:a"]);
  late.over("k", "t:a");
  expect([late.of("k"), late.of("l"), late.size]).toEqual([[], ["*"], 1]);
});

test("two writes with one label are two", () => {
  const late = new LateWrites();
  late.add("k", "*");
  late.add("k", "*");
  late.over("k", "*");
  expect(late.of("k")).toEqual(["*"]);
});

test("what is over twice, or was never late, changes nothing", () => {
  const late = new LateWrites();
  late.add("k", "*");
  late.over("k", "t:a");
  late.over("l", "*");
  expect(late.of("k")).toEqual(["*"]);
});

test("what was asked for does not change with what comes later", () => {
  const late = new LateWrites();
  late.add("k", "*");
  const labels = late.of("k");
  late.add("k", "t:a");
  expect(labels).toEqual(["*"]);
  late.clear();
  expect([late.of("k"), late.size]).toEqual([[], 0]);
});
