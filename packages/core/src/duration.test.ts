import { describe, expect, expectTypeOf, test } from "vitest";
import { type Duration, toMilliseconds } from "./duration.ts";
import { isCachetteError } from "./errors.ts";

describe("toMilliseconds", () => {
  test.each<[Duration, number]>([
    [0, 0],
    [250, 250],
    [Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY],
    [0.2, 1],
    [1.4, 1],
    ["0s", 0],
    ["0.1ms", 1],
    ["250ms", 250],
    ["10s", 10_000],
    ["1.5m", 90_000],
    ["2h", 7_200_000],
    ["1d", 86_400_000],
    ["1w", 604_800_000],
    ["1.005s", 1_005],
  ])("%s is %d ms", (duration, milliseconds) => {
    expect(toMilliseconds(duration, "ttl")).toBe(milliseconds);
  });

  test("gives 0, not -0", () => {
    expect(Object.is(toMilliseconds(-0, "ttl"), 0)).toBe(true);
  });

  test.each<[unknown]>([
    [-1],
    [Number.NaN],
    [Number.NEGATIVE_INFINITY],
    [""],
    ["10"],
    ["s"],
    ["-1s"],
    ["1e3s"],
    ["0x10s"],
    [".5s"],
    ["5.s"],
    [" 1s"],
    ["1s\n"],
    ["1 s"],
    ["1S"],
    ["1y"],
    ["1ss"],
    ["Infinity"],
    [`${"9".repeat(400)}s`],
    [null],
    [undefined],
    [true],
    [10n],
    [{}],
    [["1s"]],
    [new Date(1)],
  ])("refuses %o", (value) => {
    let thrown: unknown;
    try {
      toMilliseconds(value as Duration, "staleIfError");
    } catch (error) {
      thrown = error;
    }
    expect(isCachetteError(thrown, "OPTION_INVALID")).toBe(true);
    expect(thrown).toMatchObject({ option: "staleIfError" });
  });

  test("wrong texts do not compile", () => {
    expectTypeOf<"10s">().toExtend<Duration>();
    expectTypeOf<"1.5h">().toExtend<Duration>();
    expectTypeOf<"10 seconds">().not.toExtend<Duration>();
    expectTypeOf<"10">().not.toExtend<Duration>();
    expectTypeOf<string>().not.toExtend<Duration>();
  });
});
