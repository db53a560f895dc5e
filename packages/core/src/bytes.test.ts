import { describe, expect, expectTypeOf, test } from "vitest";
import { type ByteSize, toBytes } from "./bytes.ts";
import { isCachetteError } from "./errors.ts";

describe("toBytes", () => {
  test.each<[ByteSize, number]>([
    [0, 0],
    [1, 1],
    [10.9, 10],
    ["0b", 0],
    ["12b", 12],
    ["1kb", 1_024],
    ["1.5kb", 1_536],
    ["64mb", 67_108_864],
    ["2gb", 2_147_483_648],
  ])("%s is %d bytes", (size, bytes) => {
    expect(toBytes(size, "maxBytes")).toBe(bytes);
  });

  test.each<[unknown]>([
    [-1],
    [Number.NaN],
    [Number.POSITIVE_INFINITY],
    [2 ** 60],
    [""],
    ["1"],
    ["kb"],
    ["-1kb"],
    ["1e3kb"],
    ["1KB"],
    ["1 kb"],
    ["1kb\n"],
    ["1tb"],
    [`${"9".repeat(400)}gb`],
    [null],
    [undefined],
    [1n],
    [{}],
  ])("refuses %o", (value) => {
    let thrown: unknown;
    try {
      toBytes(value as ByteSize, "maxBytes");
    } catch (error) {
      thrown = error;
    }
    expect(isCachetteError(thrown, "OPTION_INVALID")).toBe(true);
    expect(thrown).toMatchObject({ option: "maxBytes" });
  });

  test("wrong texts do not compile", () => {
    expectTypeOf<"64mb">().toExtend<ByteSize>();
    expectTypeOf<"64 megabytes">().not.toExtend<ByteSize>();
    expectTypeOf<string>().not.toExtend<ByteSize>();
  });
});
