/** Sums since the cache was created. Read them at any time with `cache.counters()`. */
export interface Counters {
  readonly hits: number;
  readonly misses: number;
  /** Served although no longer fresh, as their policy allows. */
  readonly stale: number;
  /** Requests that never asked the cache, by reason. */
  readonly bypasses: Readonly<Record<string, number>>;
  /** Loads that ran to their end, well or not. */
  readonly loads: number;
  readonly loadErrors: number;
  /** Milliseconds spent in loads, all added up. */
  readonly loadTime: number;
  /** Callers that took the result of a load which another caller had begun. */
  readonly shared: number;
  readonly stores: number;
  /** Values that were served but not stored, by reason. */
  readonly refusals: Readonly<Record<string, number>>;
  readonly deletes: number;
  readonly invalidations: number;
  readonly backendErrors: number;
  readonly decodeErrors: number;
  readonly encodeErrors: number;
}

/** The counters as the cache keeps them: plain numbers, so that a hit costs one addition. */
export class Tally {
  hits = 0;
  misses = 0;
  stale = 0;
  loads = 0;
  loadErrors = 0;
  loadTime = 0;
  shared = 0;
  stores = 0;
  deletes = 0;
  invalidations = 0;
  backendErrors = 0;
  decodeErrors = 0;
  encodeErrors = 0;
  readonly bypasses = new Map<string, number>();
  readonly refusals = new Map<string, number>();

  snapshot(): Counters {
    return { ...this, bypasses: Object.fromEntries(this.bypasses), refusals: Object.fromEntries(this.refusals) };
  }
}
