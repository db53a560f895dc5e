import { checkBoolean, checkObject } from "./checks.ts";
import { type Duration, toMilliseconds } from "./duration.ts";
import { invalidOption } from "./errors.ts";

/** How long values and results of functions may be used, and when they are loaded anew. */
export interface FreshnessOptions {
  /** How long they are fresh: milliseconds or a text such as `"10s"`. 0 keeps nothing, `Infinity` is for ever. */
  readonly ttl?: Duration;
  /** How long beyond `ttl` they are served at once, while one load in the background renews them. Default: 0. */
  readonly staleWhileRevalidate?: Duration;
  /** How long beyond `ttl` they are served when the load fails, or takes longer than `timeout.soft`. Default: 0. */
  readonly staleIfError?: Duration;
  /**
   * By what share of itself each ttl is shortened at random, at most: from 0 to 1. With 0.1 and a ttl of 60 s, entries
   * that were stored together expire over the last 6 s. Never lengthens. Default: 0.
   */
  readonly jitter?: number;
  /**
   * Renews an entry in the background before it expires, at a moment drawn by chance, the earlier the longer its load
   * took. `beta` above 1 makes it earlier, below 1 later; `true` is 1. Default: `false`.
   */
  readonly earlyRefresh?: boolean | EarlyRefreshOptions;
  /** How long a load may take. What is left out is as the cache has it. Default: for ever. */
  readonly timeout?: LoadTimeouts;
  /** For how long after a failed load the same error is given without another load, in this process. Default: 0. */
  readonly errorTtl?: Duration;
}

/** How much earlier or later than its load time suggests. */
export interface EarlyRefreshOptions {
  /** Above 0. Default: 1. */
  readonly beta?: number;
}

/** Limits to how long a load is waited for. */
export interface LoadTimeouts {
  /** After this a caller gets the stale value, if `staleIfError` allows one; the load goes on. */
  readonly soft?: Duration;
  /** After this a load has failed, with `LOAD_TIMEOUT`. Its signal is aborted, and what still comes is not stored. */
  readonly hard?: Duration;
}

/** The same, resolved. All in milliseconds. */
export interface Freshness {
  readonly ttl: number;
  readonly staleFor: number;
  readonly errorFor: number;
  readonly jitter: number;
  /** The beta of early refreshes; `undefined` for none. */
  readonly early: number | undefined;
  readonly soft: number;
  readonly hard: number;
  readonly errorTtl: number;
}

export const freshnessOptionNames = [
  "ttl",
  "staleWhileRevalidate",
  "staleIfError",
  "jitter",
  "earlyRefresh",
  "timeout",
  "errorTtl",
] as const;

export const defaultFreshness: Freshness = {
  ttl: 60_000,
  staleFor: 0,
  errorFor: 0,
  jitter: 0,
  early: undefined,
  soft: Number.POSITIVE_INFINITY,
  hard: Number.POSITIVE_INFINITY,
  errorTtl: 0,
};

/** All but the ttl, which comes by itself; most uses say no more than that. */
type Others = Omit<FreshnessOptions, "ttl">;

/** @throws CachetteError `OPTION_INVALID` */
export function resolveFreshness(ttl: Duration | undefined, others: Others, defaults: Freshness): Freshness {
  if (ttl === undefined && isEmpty(others)) return defaults;
  const { staleWhileRevalidate, staleIfError, jitter = defaults.jitter, timeout = {}, errorTtl } = others;
  if (typeof jitter !== "number" || !(jitter >= 0 && jitter <= 1)) {
    throw invalidOption("jitter", "a share from 0 to 1, such as 0.1", jitter);
  }
  checkObject("timeout", timeout, ["soft", "hard"]);
  const span = (option: string, value: Duration | undefined, otherwise: number): number =>
    value === undefined ? otherwise : toMilliseconds(value, option);
  return {
    ttl: span("ttl", ttl, defaults.ttl),
    staleFor: span("staleWhileRevalidate", staleWhileRevalidate, defaults.staleFor),
    errorFor: span("staleIfError", staleIfError, defaults.errorFor),
    jitter,
    early: betaOf(others.earlyRefresh, defaults.early),
    soft: span("timeout.soft", timeout.soft, defaults.soft),
    hard: span("timeout.hard", timeout.hard, defaults.hard),
    errorTtl: span("errorTtl", errorTtl, defaults.errorTtl),
  };
}

function isEmpty(others: Others): boolean {
  return (
    others.staleWhileRevalidate === undefined &&
    others.staleIfError === undefined &&
    others.jitter === undefined &&
    others.earlyRefresh === undefined &&
    others.timeout === undefined &&
    others.errorTtl === undefined
  );
}

function betaOf(option: boolean | EarlyRefreshOptions | undefined, otherwise: number | undefined): number | undefined {
  if (option === undefined) return otherwise;
  if (typeof option !== "object" || option === null) return checkBoolean("earlyRefresh", option) ? 1 : undefined;
  checkObject("earlyRefresh", option, ["beta"]);
  const { beta = 1 } = option;
  if (Number.isFinite(beta) && beta > 0) return beta;
  throw invalidOption("earlyRefresh.beta", "a number above 0", beta);
}
