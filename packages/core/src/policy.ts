import type { Packing } from "./packing.ts";

/** How long an entry is of use. All in milliseconds; 0 where nothing is said. */
export interface Lifetime {
  /** How long it is fresh. 0 keeps nothing, `Infinity` for ever. */
  readonly ttl: number;
  /** How long beyond that it may be served while it is loaded anew. */
  readonly staleFor?: number;
  /** How long beyond that it may be served in place of an error. */
  readonly errorFor?: number;
  /** How long beyond that it is kept to ask whether it still holds. */
  readonly keepFor?: number;
}

/** What is the same for all entries of one use: of a wrapped function, a route, a call. */
export interface Policy extends Lifetime {
  /** The labels that are known before a load: the whole cache, the namespace, fixed tags. */
  readonly labels: readonly string[];
  readonly packing: Packing;
  /** The key of the index that led to the entries; a delete of that key keeps loads of theirs from being stored. */
  readonly under?: string;
  /** The share of `ttl` by which it is shortened at random, at most. */
  readonly jitter?: number;
  /** The beta of early refreshes, see `isDue`. */
  readonly early?: number | undefined;
  /** Milliseconds after which a caller who may have a stale entry waits no longer for a load. */
  readonly soft?: number;
  /** Milliseconds for which a failure is remembered. Without it none is, not even while an entry stands in for it. */
  readonly errorTtl?: number;
  /** Tells that the caller has gone. */
  readonly signal?: AbortSignal | undefined;
}
