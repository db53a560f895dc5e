import type { Measurement } from "./measurement.ts";
import { outcomesOf } from "./outcome.ts";
import { outdated, outOfScope } from "./scope.ts";
import { groups, kindOf, kinds, tests } from "./suite.ts";
import { type Selection, sum, type Tally, tally } from "./tally.ts";

/** Measurements side by side, as tables to paste into a document. */
export function markdownReport(measurements: readonly Measurement[]): string {
  return [
    ...table(
      ["cache", ...columns.map(({ title, selection }) => `${title} (${sum(tally(nothing, selection))})`)],
      measurements.map(({ name, outcomes }) => [
        name,
        ...columns.map(({ selection }) => slashed(tally(outcomes, selection))),
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
    ...listing(measurements),
  ].join("\n");
}

const demanding = ["required", "optimal"] as const;

/** Passed, failed and undetermined: of all tests, of those about applications, and of those that are not outdated. */
const columns: readonly { title: string; selection: Selection }[] = [
  ...kinds.map((kind) => ({ title: kind, selection: { kind } })),
  ...demanding.map((kind) => ({ title: `app ${kind}`, selection: { kind, inScope: true } })),
  ...demanding.map((kind) => ({ title: `app ${kind}, current`, selection: { kind, inScope: true, current: true } })),
];

/** Of no run, to count the tests. */
const nothing = outcomesOf({});

/** Passed of all, for what is required and for what is optimal. */
function shares({ outcomes }: Measurement, among: ReadonlySet<string>): string {
  const parts = demanding.map((kind) => ({ kind, counts: tally(outcomes, { kind, among }) }));
  const said = parts.filter(({ counts }) => sum(counts) > 0);
  return said.map(({ kind, counts }) => `${counts.pass}/${sum(counts)} ${kind}`).join(", ") || "–";
}

/** The tests about applications that somebody did not pass, with who and why. */
function listing(measurements: readonly Measurement[]): string[] {
  return tests.flatMap((test) => {
    if (kindOf(test) === "check" || outOfScope.has(test.id)) return [];
    const missed = measurements.flatMap(({ name, outcomes }) => {
      const outcome = outcomes.find(({ id }) => id === test.id);
      return outcome === undefined || outcome.state === "pass" ? [] : [{ name, message: outcome.message ?? "" }];
    });
    const [first] = missed;
    if (first === undefined) return [];
    const where = missed.length === measurements.length ? "" : ` (${missed.map(({ name }) => name).join(", ")})`;
    const reason = outdated.get(test.id) ?? first.message;
    return [`- \`${test.id}\`, ${kindOf(test)}${where}: ${reason}`];
  });
}

function slashed({ pass, fail, undetermined }: Tally): string {
  return `${pass}/${fail}/${undetermined}`;
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string[] {
  const line = (cells: readonly string[]) => `| ${cells.join(" | ")} |`;
  return [line(head), `|${head.map(() => "---|").join("")}`, ...rows.map(line)];
}
