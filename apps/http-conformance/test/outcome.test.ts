import { describe, expect, test } from "vitest";
import { outcomesOf } from "../src/outcome.ts";
import { lostIds, passedOf } from "../src/record.ts";
import { outdated, outOfScope } from "../src/scope.ts";
import { type RawResults, testOf, tests } from "../src/suite.ts";
import { sum, tally } from "../src/tally.ts";

const everything: RawResults = Object.fromEntries(tests.map(({ id }) => [id, true]));

function outcome(id: string, results: RawResults) {
  return outcomesOf({ ...everything, ...results }).find((one) => one.id === id);
}

describe("what becomes of a test", () => {
  test("it passes, or fails with a message", () => {
    expect(outcome("freshness-none", {})).toMatchObject({ state: "pass", kind: "check" });
    expect(outcome("vary-star", { "vary-star": ["Assertion", "Response 2 comes from cache"] })).toMatchObject({
      kind: "required",
      state: "fail",
      message: "Response 2 comes from cache",
    });
    expect(outcome("vary-star", { "vary-star": ["TypeError", "fetch failed"] })).toMatchObject({
      state: "fail",
      message: "TypeError: fetch failed",
    });
  });

  test("it says nothing when its preparation failed", () => {
    const results: RawResults = { "vary-star": ["Setup", "Response 1 status is 500, not 200"] };
    expect(outcome("vary-star", results)).toMatchObject({ state: "undetermined" });
  });

  test("it says nothing when a test that it depends on did not pass, even at second hand", () => {
    expect(testOf("age-parse-float").depends_on).toEqual(["freshness-max-age-age"]);
    expect(testOf("freshness-max-age-age").depends_on).toEqual(["freshness-max-age"]);
    expect(outcome("age-parse-float", { "freshness-max-age": ["Assertion", "no"] })).toMatchObject({
      state: "undetermined",
      message: "depends on freshness-max-age-age",
    });
  });

  test("it says nothing when it was not run", () => {
    expect(outcomesOf({}).every(({ state }) => state === "undetermined")).toBe(true);
  });
});

test("the tests there are", () => {
  const outcomes = outcomesOf(everything);
  const count = (kind: "required" | "optimal" | "check", inScope = false) => sum(tally(outcomes, { kind, inScope }));
  expect([count("required"), count("optimal"), count("check")]).toEqual([157, 86, 86]);
  expect([count("required", true), count("optimal", true), count("check", true)]).toEqual([141, 80, 82]);
  expect([sum(tally(outcomes, { kind: "required", inScope: true, current: true }))]).toEqual([130]);
  expect(outcomes.filter(({ inScope }) => !inScope)).toHaveLength(outOfScope.size);
  expect(outcomes.filter((outcome) => outcome.outdated)).toHaveLength(outdated.size);
});

test("what passed before and does not pass now is noticed, and nothing else is", () => {
  const before = passedOf(outcomesOf({ "vary-star": true, "query-args-same": true, "freshness-none": true }));
  expect(before).toEqual({ "vary-star": "required", "query-args-same": "optimal" });
  const failed: RawResults = { "query-args-same": ["Assertion", "no"], "vary-match": true, "vary-star": true };
  expect(lostIds(before, outcomesOf(failed))).toEqual(["query-args-same"]);
  expect(lostIds(before, outcomesOf(everything))).toEqual([]);
  expect(lostIds({}, outcomesOf({}))).toEqual([]);
});
