import type { Cores } from "./machine.ts";
import type { Pace } from "./rounds.ts";

/** What a suite is told. */
export interface Settings extends Pace {
  /** Only to see that everything works: small sizes, and figures that mean nothing. */
  readonly short: boolean;
  /** Two cores to be shared out, if there are two. */
  readonly cores: Cores | undefined;
  /** Whether a table is to be measured, by its title. */
  wanted(title: string): boolean;
}
