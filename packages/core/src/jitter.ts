/** A ttl, shortened at random by up to `share` of it. 0 and `Infinity` stay as they are. `random` gives from 0 to below 1. */
export function jittered(ttl: number, share: number, random: () => number): number {
  if (share === 0 || ttl === 0 || ttl === Number.POSITIVE_INFINITY) return ttl;
  return Math.min(ttl, Math.ceil(ttl * (1 - share * random())));
}
