import { parseArgs } from "node:util";
import { type SuiteName, suiteNames } from "./suites.ts";

export interface Arguments {
  readonly suites: readonly SuiteName[];
  readonly rounds: number;
  readonly seconds: number;
  readonly short: boolean;
  /** Tables whose titles contain one of these, in any case; all of them if there is none. */
  readonly only: readonly string[];
  /** A file for the report, in place of results/<suite>.json. */
  readonly json: string | undefined;
}

export const usage = `bench [${suiteNames.join("|")} ...] [options]

How fast hits are, beside the floor under them and beside other caches. Ratios count, not absolute figures: compare
within one run only.

  --rounds <n>    how often each subject has its turn; 5
  --seconds <s>   how long a turn takes; 1
  --short         small and quick, only to see that it works: the figures mean nothing
  --only <text>   only tables with this in their title; may be repeated
  --json <file>   where to write the report of one suite; results/<suite>.json`;

/** @throws Error that says what is wrong with the arguments */
export function readArguments(args: readonly string[]): Arguments {
  const { positionals, values } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      rounds: { type: "string" },
      seconds: { type: "string" },
      short: { type: "boolean", default: false },
      only: { type: "string", multiple: true, default: [] },
      json: { type: "string" },
    },
  });
  const { short, only, json } = values;
  const suites = positionals.length > 0 ? positionals.map(suiteNamed) : suiteNames;
  if (json !== undefined && suites.length !== 1) throw new Error("--json takes the report of one suite: say which.");
  const rounds = numberOf("rounds", values.rounds ?? (short ? "2" : "5"));
  if (!Number.isInteger(rounds)) throw new Error(`--rounds is a whole number, not ${rounds}.`);
  return { suites, rounds, seconds: numberOf("seconds", values.seconds ?? (short ? "0.01" : "1")), short, only, json };
}

function suiteNamed(name: string): SuiteName {
  const known = suiteNames.find((candidate) => candidate === name);
  if (known === undefined) throw new Error(`"${name}" is none of ${suiteNames.join(", ")}.`);
  return known;
}

function numberOf(option: string, text: string): number {
  const value = Number(text);
  if (!(value > 0 && Number.isFinite(value))) throw new Error(`--${option} is a number above 0, not ${text}.`);
  return value;
}
