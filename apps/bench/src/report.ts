import { mkdir, writeFile } from "node:fs/promises";
import { dirname } from "node:path";
import type { Machine } from "./machine.ts";
import type { Result } from "./rounds.ts";
import type { Settings } from "./settings.ts";

export type Unit = "per second" | "ratio" | "share" | "milliseconds" | "bytes" | "count";

export interface Row {
  readonly name: string;
  /** By the names of the columns; what is missing was not measured. */
  readonly figures: Readonly<Record<string, number>>;
  /** What was measured in each round, if it is what the figures were made from. */
  readonly rounds?: readonly number[];
}

export interface Table {
  readonly title: string;
  readonly columns: Readonly<Record<string, Unit>>;
  readonly rows: readonly Row[];
}

/** What a suite finds. */
export interface Findings {
  readonly tables: readonly Table[];
  /** What has to be known to read the tables, such as who could not take part and why. */
  readonly notes: readonly string[];
}

export interface Report extends Findings {
  readonly suite: string;
  /** When it began, in UTC. */
  readonly at: string;
  readonly machine: Machine;
  readonly settings: Pick<Settings, "rounds" | "seconds" | "short">;
}

/** Results as a table: how many a second, the spread, the ratio to the first. */
export function rateTable(title: string, results: readonly Result[]): Table {
  const rows = results.map(({ name, perSecond, spread, ratio, rates }) => ({
    name,
    figures: { rate: perSecond, spread, ratio },
    rounds: rates,
  }));
  return { title, columns: { rate: "per second", spread: "share", ratio: "ratio" }, rows };
}

export async function writeReport(file: string, report: Report): Promise<void> {
  await mkdir(dirname(file), { recursive: true });
  await writeFile(file, `${JSON.stringify(report, null, 2)}\n`);
}
