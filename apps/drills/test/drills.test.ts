import { describe, expect, test } from "vitest";
import type { Circumstances, Drill } from "../src/drill.ts";
import { drills } from "../src/registry.ts";

const short: Circumstances = { long: false, seed: 1, plant: false };

/** Milliseconds: a drill takes some seconds, but others compete for the processors. */
const timeout = 120_000;

/** Drills judge by the clock while other tests have the processors: what is broken stays broken when it is tried again. */
const retry = 2;

/** What a drill found that does not hold. */
async function broken(drill: Drill | undefined, circumstances: Circumstances): Promise<string[]> {
  const findings = (await drill?.run(circumstances)) ?? [];
  expect(findings).not.toHaveLength(0);
  return findings.filter(({ holds }) => !holds).map(({ where, invariant, seen }) => `${where}: ${invariant}: ${seen}`);
}

const named = (...names: readonly string[]) => drills.filter(({ name }) => names.includes(name));

/** The groups run beside each other, as one of them mostly waits; the tests of a group one after another. */
const inOrder = { concurrent: false, timeout, retry };

describe.concurrent("in its short form", () => {
  describe("on Redis", () => {
    for (const drill of drills.filter(({ name }) => name !== "faults")) {
      test(drill.name, inOrder, async () => {
        expect(await broken(drill, short)).toEqual([]);
      });
    }

    test.each(named("races"))("$name finds out when purges are lost", inOrder, async (drill) => {
      const found = await broken(drill, { ...short, plant: true });
      expect(found.filter((each) => /fixed tag \d|namespace \d|everything \d/.test(each))).not.toEqual([]);
    });
  });

  describe("on demos", () => {
    test.each(named("faults"))("$name", inOrder, async (drill) => {
      expect(await broken(drill, short)).toEqual([]);
    });
  });
});
