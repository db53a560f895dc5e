import type { Mark, Reading } from "./backend.ts";

/** What invalidations have made of an entry: nothing, stale (a soft purge), or void. */
export type Validity = "valid" | "stale" | "void";

/**
 * Judges an entry whose load began at `mark` by what is known of its labels now. `reading.stamps` are those of the
 * entry's own labels, all of them. Marks of another epoch, or from the future of a clock that was set back (a replica
 * that took over without the last writes), are void: what cannot be compared is not trusted.
 */
export function judgeValidity(mark: Mark, reading: Reading): Validity {
  if (mark.epoch !== reading.mark.epoch || mark.seq > reading.mark.seq) return "void";
  let validity: Validity = "valid";
  for (const stamp of reading.stamps) {
    if (stamp.hard > mark.seq) return "void";
    if (stamp.soft > mark.seq) validity = "stale";
  }
  return validity;
}
