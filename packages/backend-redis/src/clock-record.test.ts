import { describe, expect, test } from "vitest";
import { parseChange, parseChanges, parseClock } from "./clock-record.ts";

const record = 'e-1:7\n5h["t:a"]\n6s["n:v1","t:b\\nc"]\n7h{}';

test("a clock has a mark, and the changes that led to it", () => {
  expect(parseClock(record)).toEqual({ epoch: "e-1", seq: 7 });
  expect(parseClock("e:0")).toEqual({ epoch: "e", seq: 0 });
  expect(parseChanges(record)).toEqual([
    { seq: 5, kind: "hard", labels: ["t:a"] },
    { seq: 6, kind: "soft", labels: ["n:v1", "t:b\nc"] },
    { seq: 7, kind: "hard", labels: [] },
  ]);
  expect(parseChanges("e:0")).toEqual([]);
});

describe("is no clock", () => {
  test.each(["", "hello", "e", "e:", ":1", "e:-1", "e:1.5", "e:9999999999999999", " e:1", "e:1 "])("%o", (text) => {
    expect(parseClock(text)).toBeUndefined();
  });
});

describe("is no change", () => {
  test.each(["", "hello", '7["a"]', '7x["a"]', "7h", "7h[", '9999999999999999h["a"]', '-1h["a"]'])("%o", (line) => {
    expect(parseChange(line)).toBeUndefined();
    expect(parseChanges(`e:8\n${line}\n8h["b"]`)).toEqual([{ seq: 8, kind: "hard", labels: ["b"] }]);
  });
});
