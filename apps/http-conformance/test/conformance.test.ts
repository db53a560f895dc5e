import { describe, expect, inject, test } from "vitest";
import { measure, nameOf } from "../src/measurement.ts";
import { gainedIds, passedOf, readKept } from "../src/record.ts";
import { backends, type SubjectRun, subjects } from "../src/subject-run.ts";

const kept = await readKept();

const runs = subjects
  .filter((subject) => subject !== "none")
  .flatMap((subject) => backends.map((backend) => ({ subject, backend })));

/** Milliseconds: a run takes a few seconds, but others compete for the processors. */
const timeout = 240_000;

describe.concurrent("the public suite", () => {
  test.each(runs)(
    "$subject on $backend passes what it has passed before",
    { timeout },
    async ({ subject, backend }) => {
      const run: SubjectRun = { subject, redisUrl: backend === "redis" ? inject("redisUrl") : undefined };
      const before = kept[nameOf(run)] ?? {};
      expect(before).toHaveProperty("freshness-max-age");
      const { lost, outcomes } = await measure(run, before);
      const messages = outcomes.filter(({ id }) => lost.includes(id)).map(({ id, message }) => `${id}: ${message}`);
      expect(messages).toEqual([]);
    },
  );

  test("without a cache, what needs one does not pass", { timeout }, async () => {
    const before = kept.none ?? {};
    const { lost, outcomes } = await measure({ subject: "none" }, { ...before, "freshness-max-age": "optimal" });
    expect(lost).toEqual(["freshness-max-age"]);
    expect(gainedIds(before, outcomes)).toEqual([]);
    expect(passedOf(outcomes)).toHaveProperty("cc-resp-no-store");
  });
});
