import { expect, test } from "vitest";
import { Progress } from "./progress.ts";

const mark = (epoch: string, seq: number) => ({ epoch, seq });

test("anything follows on nothing", () => {
  expect(new Progress().follows(mark("a", 0), undefined)).toBe(true);
});

test("a clock that was set back does not follow", () => {
  const progress = new Progress();
  progress.learn(mark("a", 5));
  expect(progress.follows(mark("a", 5), progress.latest)).toBe(true);
  expect(progress.follows(mark("a", 6), progress.latest)).toBe(true);
  expect(progress.follows(mark("a", 4), progress.latest)).toBe(false);
});

test("a new epoch follows, one that was given up does not", () => {
  const progress = new Progress();
  progress.learn(mark("a", 5));
  expect(progress.follows(mark("b", 0), progress.latest)).toBe(true);
  progress.learn(mark("b", 0));
  expect(progress.follows(mark("a", 9), progress.latest)).toBe(false);
});

test("an answer to an earlier question is not held against the clock", () => {
  const progress = new Progress();
  progress.learn(mark("a", 5));
  const asked = progress.latest;
  progress.learn(mark("a", 8));
  expect(progress.follows(mark("a", 5), asked)).toBe(true);
  progress.learn(mark("b", 1));
  expect(progress.follows(mark("a", 6), asked)).toBe(true);
});

test("late answers do not turn back what is known", () => {
  const progress = new Progress();
  progress.learn(mark("a", 5));
  progress.learn(mark("a", 3));
  expect(progress.latest).toEqual(mark("a", 5));
  progress.learn(mark("b", 1));
  progress.learn(mark("a", 7));
  expect(progress.latest).toEqual(mark("b", 1));
});

test("remembers a bounded number of former epochs, the latest ones", () => {
  const progress = new Progress();
  for (let index = 0; index < 1_000; index++) progress.learn(mark(`e${index}`, 0));
  expect(progress.follows(mark("e998", 0), progress.latest)).toBe(false);
  expect(progress.follows(mark("e899", 0), progress.latest)).toBe(false);
  expect(progress.follows(mark("e898", 0), progress.latest)).toBe(true);
});
