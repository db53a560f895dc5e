import type { Measurement } from "./measurement.ts";
import { outOfScope } from "./scope.ts";
import { groups, type Kind, kindOf, kinds, tests } from "./suite.ts";
import { sum, type Tally, tally } from "./tally.ts";

/** Measurements side by side, as tables to paste into a document. */
export function markdownReport(measurements: readonly Measurement[]): string {
  return [
    ...table(
      [
        "cache",
        ...kinds.map((kind) => `${kind} (${count(kind)})`),
        ...application.map((kind) => `app ${kind} (${count(kind, true)})`),
      ],
      measurements.map(({ name, outcomes }) => [
        name,
        ...kinds.map((kind) => slashed(tally(outcomes, { kind }))),
        ...application.map((kind) => slashed(tally(outcomes, { kind, inScope: true }))),
      ]),
    ),
    "",
    ...table(
      ["group", ...measurements.map(({ name }) => name)],
      groups.map(({ id, tests }) => {
        const among = new Set(tests.map((test) => test.id));
        return [id, ...measurements.map((measurement) => shares(measurement, among))];
      }),
    ),
    "",
    ...missedByAll(measurements),
  ].join("\n");
}

const application = ["required", "optimal"] as const;

/** Passed of all, for what is required and for what is optimal. */
function shares({ outcomes }: Measurement, among: ReadonlySet<string>): string {
  const parts = application.map((kind) => ({ kind, counts: tally(outcomes, { kind, among }) }));
  const said = parts.filter(({ counts }) => sum(counts) > 0);
  return said.map(({ kind, counts }) => `${counts.pass}/${sum(counts)} ${kind}`).join(", ") || "–";
}

/** A list of the tests that something about an application did not pass, with where and why. */
function missedByAll(measurements: readonly Measurement[]): string[] {
  return tests.flatMap((test) => {
    if (kindOf(test) === "check" || outOfScope.has(test.id)) return [];
    const missed = measurements.flatMap(({ name, outcomes }) => {
      const outcome = outcomes.find(({ id }) => id === test.id);
      return outcome === undefined || outcome.state === "pass" ? [] : [{ name, message: outcome.message ?? "" }];
    });
    const [first] = missed;
    if (first === undefined) return [];
    const where = missed.length === measurements.length ? "" : ` (${missed.map(({ name }) => name).join(", ")})`;
    return [`- \`${test.id}\`, ${kindOf(test)}${where}: ${first.message}`];
  });
}

function slashed({ pass, fail, undetermined }: Tally): string {
  return `${pass}/${fail}/${undetermined}`;
}

function count(kind: Kind, inScope = false): number {
  return tests.filter((test) => kindOf(test) === kind && !(inScope && outOfScope.has(test.id))).length;
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string[] {
  const line = (cells: readonly string[]) => `| ${cells.join(" | ")} |`;
  return [line(head), `|${head.map(() => "---|").join("")}`, ...rows.map(line)];
}
