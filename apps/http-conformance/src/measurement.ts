import { type Outcome, outcomesOf } from "./outcome.ts";
import { lostIds, type Passed } from "./record.ts";
import { runSubject, type SubjectRun } from "./subject-run.ts";
import { type RawResults, testOf } from "./suite.ts";

/** What one subject made of the whole suite. */
export interface Measurement {
  /** Such as `express on memory`. */
  readonly name: string;
  /** Of each test, in the order of the suite. */
  readonly outcomes: readonly Outcome[];
  readonly seconds: number;
  /** Tests that passed before and do not any more. */
  readonly lost: readonly string[];
}

/** More tests than this do not fail by chance. */
const mostByChance = 40;

export function nameOf({ subject, redisUrl, plain }: SubjectRun): string {
  if (subject === "none") return subject;
  return `${subject} on ${redisUrl === undefined ? "memory" : "redis"}${plain === true ? ", no options" : ""}`;
}

/**
 * Runs the suite against one subject. Tests that passed before and do not now get a second chance, a few at a time: they
 * count seconds, and on a busy machine one may count wrong.
 *
 * @param before the tests that passed then
 */
export async function measure(run: SubjectRun, before: Passed): Promise<Measurement> {
  const start = performance.now();
  let results = await runSubject(run);
  let outcomes = outcomesOf(results);
  const lost = lostIds(before, outcomes);
  if (lost.length > 0 && lost.length <= mostByChance) {
    results = { ...results, ...(await runSubject({ ...run, ids: again(lost, results), atOnce: 4 })) };
    outcomes = outcomesOf(results);
  }
  const seconds = (performance.now() - start) / 1000;
  return { name: nameOf(run), outcomes, seconds, lost: lostIds(before, outcomes) };
}

/** Those of the tests that did not pass by themselves, and those that they depend on. */
function again(ids: readonly string[], results: RawResults): string[] {
  const wanted = new Set(ids);
  for (const id of wanted) for (const dependency of testOf(id).depends_on ?? []) wanted.add(dependency);
  return [...wanted].filter((id) => results[id] !== true);
}
