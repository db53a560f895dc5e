import { expect, test } from "vitest";
import { parseReading } from "./records.ts";

test("reads a clock and its labels", () => {
  expect(parseReading(["e-1:7", "e-1:7:3", "e-1:0:0"])).toEqual({
    mark: { epoch: "e-1", seq: 7 },
    stamps: [
      { hard: 7, soft: 3 },
      { hard: 0, soft: 0 },
    ],
  });
  expect(parseReading(["e:0"])).toEqual({ mark: { epoch: "e", seq: 0 }, stamps: [] });
});

test.each([
  ["no clock", [null, "e:1:1"]],
  ["nothing", []],
  ["a label missing", ["e:7", "e:1:1", null]],
  ["a label of another epoch", ["e:7", "f:1:1"]],
  ["a label without its epoch", ["e:7", "1:1"]],
  ["a hard stamp in the future", ["e:7", "e:8:1"]],
  ["a soft stamp in the future", ["e:7", "e:1:8"]],
  ["numbers too long to be exact", ["e:9999999999999999"]],
  ["a negative number", ["e:-1"]],
  ["text around it", ["e:7 "]],
  ["another text", ["hello"]],
  ["a number", [7]],
])("%s is no reading", (_what, texts) => {
  expect(parseReading(texts)).toBeUndefined();
});
