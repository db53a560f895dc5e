import { manualClock } from "@cachette/testing";
import { expect, test } from "vitest";
import { Upkeep } from "./upkeep.ts";

test("a label is due when it is met first, and again after a quarter of its time", async () => {
  const clock = manualClock();
  const upkeep = new Upkeep(clock, 400);
  expect(upkeep.isDue(["a"])).toBe(true);
  upkeep.done(["a"]);
  expect(upkeep.isDue(["a"])).toBe(false);
  expect(upkeep.isDue(["a", "b"])).toBe(true);
  await clock.advance(99);
  expect(upkeep.isDue(["a"])).toBe(false);
  await clock.advance(1);
  expect(upkeep.isDue(["a"])).toBe(true);
});

test("no label is never due", () => {
  expect(new Upkeep(manualClock(), 400).isDue([])).toBe(false);
});

test("what never expires is due once", async () => {
  const clock = manualClock();
  const upkeep = new Upkeep(clock, Number.POSITIVE_INFINITY);
  upkeep.done(["a"]);
  expect(upkeep.isDue(["a"])).toBe(true);
  upkeep.done(["a"]);
  await clock.advance("520w");
  expect(upkeep.isDue(["a"])).toBe(false);
});

test("remembers a bounded number of labels", () => {
  const upkeep = new Upkeep(manualClock(), 400);
  expect(upkeep.isDue(["first"])).toBe(true);
  upkeep.done(["first"]);
  for (let index = 0; index < 50_000; index++) upkeep.done([`${index}`]);
  expect(upkeep.isDue(["first"])).toBe(true);
  expect(upkeep.isDue(["49999"])).toBe(false);
});
