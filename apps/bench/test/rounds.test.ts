import { describe, expect, test } from "vitest";
import { median, spreadOf } from "../src/median.ts";
import { measure, ratioTo, type Subject } from "../src/rounds.ts";

/** Gives one rate after the other, the first of them to the warm-up, and notes whose turn it was. */
function scripted(name: string, rates: readonly number[], turns: string[] = []): Subject {
  const left = [...rates];
  return {
    name,
    async measure() {
      turns.push(name);
      return left.shift() ?? Number.NaN;
    },
  };
}

describe("measure", () => {
  test("every other round goes backwards, after one that does not count", async () => {
    const turns: string[] = [];
    const subjects = ["a", "b", "c"].map((name) => scripted(name, [1, 1, 1, 1], turns));
    await measure(subjects, { rounds: 3, seconds: 1 });
    expect(turns.join("")).toBe("abcabccbaabc");
  });

  test("what is to be done between comes before each turn", async () => {
    const turns: string[] = [];
    const subjects = ["a", "b"].map((name) => scripted(name, [1, 1], turns));
    await measure(subjects, { rounds: 1, seconds: 1 }, () => turns.push("-"));
    expect(turns.join("")).toBe("-a-b-a-b");
  });

  test("says to each subject how long it may take", async () => {
    const told: number[] = [];
    const subject = { name: "a", measure: async (seconds: number) => told.push(seconds) };
    await measure([subject], { rounds: 2, seconds: 0.25, warmUp: 3 });
    expect(told).toEqual([3, 0.25, 0.25]);
  });

  test("medians and spread come from the rounds, without the warm-up", async () => {
    const [result] = await measure([scripted("a", [9_999, 30, 10, 20])], { rounds: 3, seconds: 1 });
    expect(result).toEqual({ name: "a", rates: [30, 10, 20], perSecond: 20, spread: 0.5, ratio: 1 });
  });

  test("the ratio is that of pairs, not that of medians: a slow round is slow for both", async () => {
    const floor = scripted("floor", [0, 100, 10, 40, 80, 20]);
    const other = scripted("other", [0, 50, 5, 20, 40, 10]);
    const results = await measure([floor, other], { rounds: 5, seconds: 1 });
    expect(results.map(({ ratio }) => ratio)).toEqual([1, 0.5]);

    const drifting = scripted("drifting", [0, 100, 30, 40, 80, 60]);
    const [, drifted] = await measure([scripted("floor", [0, 100, 10, 40, 80, 20]), drifting], {
      rounds: 5,
      seconds: 1,
    });
    expect(drifted).toMatchObject({ perSecond: 60, ratio: 1 });
  });
});

test("the ratio to another subject is that of pairs too, and none without the other", () => {
  expect(ratioTo({ rates: [1, 2, 4] }, { rates: [2, 2, 2] })).toBe(1);
  expect(ratioTo(undefined, { rates: [2, 2, 2] })).toBeNaN();
});

describe("median", () => {
  test.each([
    [[3], 3],
    [[5, 1, 9], 5],
    [[4, 1, 2, 100], 3],
    [[10, 9, 100], 10],
  ])("of %j", (values, expected) => {
    expect(median(values)).toBe(expected);
  });

  test("of none there is none", () => {
    expect(median([])).toBeNaN();
  });

  test("leaves the values in their order", () => {
    const values = [3, 1, 2];
    median(values);
    expect(values).toEqual([3, 1, 2]);
  });

  test("the spread is half the range, as a share of it", () => {
    expect(spreadOf([90, 100, 130])).toBe(0.2);
    expect(spreadOf([5])).toBe(0);
  });
});
