import { describe, expect, test } from "vitest";
import { outcomesOf } from "../src/outcome.ts";
import { restated } from "../src/restated.ts";
import { outdated } from "../src/scope.ts";
import { runSubject, subjects } from "../src/subject-run.ts";
import { kindOf, testOf } from "../src/suite.ts";

/** The restated tests and all that they depend on, in whatever order. */
const ids = new Set(restated.map(({ id }) => id));
for (const id of ids) for (const dependency of testOf(id).depends_on ?? []) ids.add(dependency);

/** Milliseconds: a run takes a few seconds, but others compete for the processors. */
const timeout = 120_000;

describe.concurrent("what the present version of the suite asks", () => {
  test.each(subjects.filter((subject) => subject !== "none"))("%s passes all of it", { timeout }, async (subject) => {
    const results = await runSubject({ subject, ids: [...ids] });
    expect(results).toEqual(Object.fromEntries([...ids].map((id) => [id, true])));
  });

  test("without a cache, what needs one does not pass", { timeout }, async () => {
    const results = await runSubject({ subject: "none", ids: [...ids] });
    const reused = restated.filter(({ requests }) => requests.some(({ expected_type }) => expected_type === "cached"));
    expect(reused.filter(({ id }) => results[id] === true)).toEqual([]);
  });
});

test("of what is outdated and required, all is restated", () => {
  const required = [...outdated.keys()].filter((id) => kindOf(testOf(id)) === "required");
  expect(required).toHaveLength(11);
  const now = new Set(restated.map(({ id }) => id));
  expect(required.filter((id) => !now.has(`present:${id}`))).toEqual([]);
});

test("the suite itself is as it is on npm", () => {
  expect(outcomesOf({}).filter(({ id }) => id.startsWith("present:"))).toEqual([]);
});
