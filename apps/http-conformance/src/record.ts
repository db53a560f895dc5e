import { readFile, writeFile } from "node:fs/promises";
import type { Outcome } from "./outcome.ts";

/**
 * The tests that a subject passed, with their kinds, in the order of the suite. Those for information only, out of scope
 * or outdated are not among them: it does no harm to stop passing one.
 */
export type Passed = Readonly<Record<string, "required" | "optimal">>;

/** The kept results, by the name of the measurement. */
export type Kept = Readonly<Record<string, Passed>>;

const file = new URL("../results.json", import.meta.url);

/** What is kept; nothing if there is no file yet. */
export async function readKept(): Promise<Kept> {
  try {
    return JSON.parse(await readFile(file, "utf8"));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return {};
    throw error;
  }
}

/** Replaces what is kept. Names are in alphabetical order and tests in lines of their own, so that changes are easy to read. */
export async function writeKept(kept: Kept): Promise<void> {
  const sorted = Object.fromEntries(Object.entries(kept).sort(([one], [other]) => (one < other ? -1 : 1)));
  await writeFile(file, `${JSON.stringify(sorted, null, 2)}\n`);
}

export function passedOf(outcomes: readonly Outcome[]): Passed {
  return Object.fromEntries(
    outcomes.flatMap(({ id, kind, state, inScope, outdated }) =>
      state === "pass" && kind !== "check" && inScope && !outdated ? [[id, kind]] : [],
    ),
  );
}

/** The tests that passed before and do not pass now. */
export function lostIds(before: Passed, outcomes: readonly Outcome[]): string[] {
  return missingIn(passedOf(outcomes), before);
}

/** The tests that pass now and did not before. */
export function gainedIds(before: Passed, outcomes: readonly Outcome[]): string[] {
  return missingIn(before, passedOf(outcomes));
}

function missingIn(passed: Passed, others: Passed): string[] {
  return Object.keys(others).filter((id) => !Object.hasOwn(passed, id));
}
