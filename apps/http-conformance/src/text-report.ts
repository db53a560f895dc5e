import type { Measurement } from "./measurement.ts";
import type { Outcome } from "./outcome.ts";
import { outdated, outOfScope } from "./scope.ts";
import { groups, type Kind, kinds } from "./suite.ts";
import { type Selection, type Tally, tally } from "./tally.ts";

/** A measurement for a terminal: a table by group and kind, and each test that did not pass with the reason. */
export function textReport({ name, outcomes, seconds }: Measurement): string {
  const row = (title: string, selection: Selection) =>
    line(title, (kind) => cells(tally(outcomes, { ...selection, kind })));
  return [
    `${name} (${seconds.toFixed(1)} s)`,
    line("", (kind) => ["", kind, ""]),
    line("", (kind) => (kind === "check" ? ["yes", "no", "?"] : ["pass", "fail", "?"])),
    ...groups.map(({ id, tests }) => row(id, { among: new Set(tests.map((test) => test.id)) })),
    row("all", {}),
    row("about applications", { inScope: true }),
    row("and not outdated", { inScope: true, current: true }),
    ...listing("Required, not passed", outcomes, "required"),
    ...listing("Optimal, not passed", outcomes, "optimal"),
  ].join("\n");
}

function listing(title: string, outcomes: readonly Outcome[], kind: Outcome["kind"]): string[] {
  const missed = outcomes.filter((outcome) => outcome.kind === kind && outcome.state !== "pass");
  return missed.length === 0 ? [] : ["", `${title}:`, ...missed.map(reason)];
}

function reason({ id, state, message }: Outcome): string {
  const beside = outOfScope.get(id) ?? outdated.get(id);
  return `  ${state === "fail" ? "✗" : "?"} ${id}: ${message}${beside === undefined ? "" : ` [${beside}]`}`;
}

function line(title: string, columns: (kind: Kind) => readonly string[]): string {
  const cells = kinds.map((kind) =>
    columns(kind)
      .map((cell) => cell.padStart(6))
      .join(""),
  );
  return [title.padEnd(22), ...cells].join("   ").trimEnd();
}

function cells({ pass, fail, undetermined }: Tally): string[] {
  return [pass, fail, undetermined].map((count) => String(count || "·"));
}
