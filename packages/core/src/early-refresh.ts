import type { Entry } from "./entry.ts";

/**
 * Whether an entry is to be loaded anew although it is fresh: XFetch, of Vattani, Chierichetti and Lowenstein, "Optimal
 * Probabilistic Cache Stampede Prevention" (2015). How early is drawn from an exponential distribution whose mean is the
 * time of the load times `beta`: with many readers, nearly always one of them begins in time, and seldom a second one.
 * `random` gives from 0 to below 1.
 */
export function isDue(entry: Entry, beta: number, now: number, random: () => number): boolean {
  const { loadTime, freshUntil } = entry;
  if (loadTime === 0 || freshUntil === Number.POSITIVE_INFINITY) return false;
  return now - loadTime * beta * Math.log(1 - random()) >= freshUntil;
}
