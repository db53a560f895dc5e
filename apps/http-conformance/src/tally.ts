import type { Outcome, State } from "./outcome.ts";
import type { Kind } from "./suite.ts";

/** How many outcomes there are of each state. */
export type Tally = Readonly<Record<State, number>>;

export interface Selection {
  readonly kind?: Kind;
  /** Ids of tests. */
  readonly among?: ReadonlySet<string>;
  /** Only what says something about a cache inside an application. */
  readonly inScope?: boolean;
  /** Only what can pass in a cache that follows RFC 9111. */
  readonly current?: boolean;
}

export function tally(
  outcomes: readonly Outcome[],
  { kind, among, inScope = false, current = false }: Selection,
): Tally {
  const counts = { pass: 0, fail: 0, undetermined: 0 };
  for (const outcome of outcomes) {
    if (kind !== undefined && outcome.kind !== kind) continue;
    if (among !== undefined && !among.has(outcome.id)) continue;
    if (inScope && !outcome.inScope) continue;
    if (current && outcome.outdated) continue;
    counts[outcome.state] += 1;
  }
  return counts;
}

export function sum({ pass, fail, undetermined }: Tally): number {
  return pass + fail + undetermined;
}
