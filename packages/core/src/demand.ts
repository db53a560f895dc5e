import type { Entry } from "./entry.ts";
import type { Packing } from "./packing.ts";

/** What a caller asks of an entry beyond being fresh. All in milliseconds. */
export interface Demand {
  /** Nothing older than this; below 0 for nothing that was not asked about just now. */
  readonly maxAge: number;
  /** Nothing that is fresh for less than this. */
  readonly minFresh: number;
  /** What has not been stale for longer than this is good enough. */
  readonly maxStale: number;
  /** What is fresh and was stored no longer ago than this is good enough, whatever else is asked. */
  readonly reloadEvery: number;
}

/** Asks for what is loaded now, whatever is stored. */
export const nothingStored: Demand = { maxAge: -1, minFresh: 0, maxStale: 0, reloadEvery: 0 };

/** Whether an entry that is fresh is good enough. */
export function suits(entry: Entry, demand: Demand | undefined, packing: Packing, now: number): boolean {
  if (demand === undefined) return true;
  const { maxAge, minFresh, reloadEvery } = demand;
  if (reloadEvery > 0 && now - entry.storedAt <= reloadEvery) return true;
  return ageOf(entry, packing, now) <= maxAge && entry.freshUntil - now >= minFresh;
}

/**
 * Whether an entry that is fresh no longer is good enough for a caller who would take it stale. Not if it was purged
 * softly: nobody knows when that was.
 */
export function suitsStale(entry: Entry, demand: Demand, packing: Packing, now: number): boolean {
  const { maxAge, minFresh, maxStale } = demand;
  if (minFresh > 0 || entry.freshUntil > now || entry.freshUntil + maxStale <= now) return false;
  return ageOf(entry, packing, now) <= maxAge && packing.mayBeStale?.(entry) === true;
}

/** Milliseconds, those before it was stored included. */
function ageOf(entry: Entry, packing: Packing, now: number): number {
  return now - entry.storedAt + (packing.ageOf?.(entry) ?? 0);
}
