import type { Backend, ByteBackend, ObjectBackend } from "./backend.ts";
import { checkBoolean, checkCoder, checkFunction, checkObject } from "./checks.ts";
import { type Clock, systemClock } from "./clock.ts";
import type { Coder } from "./coders/coder.ts";
import { typedCoder } from "./coders/typed-coder.ts";
import { type Duration, toMilliseconds } from "./duration.ts";
import { invalidOption } from "./errors.ts";
import type { CacheEventListener } from "./events.ts";
import {
  defaultFreshness,
  type Freshness,
  type FreshnessOptions,
  freshnessOptionNames,
  resolveFreshness,
} from "./freshness-options.ts";
import type { FunctionCall, KeyBuilder } from "./key-builder.ts";
import type { NearBackend } from "./near.ts";

/** Defaults for every use of a cache; most can be overridden there. How long answers of routes last, routes say themselves. */
export interface CacheOptions extends FreshnessOptions {
  /** Where entries live: `memoryBackend({ maxBytes: "64mb" })`, `redisBackend("redis://127.0.0.1:6379")`. Closed with the cache. */
  readonly backend: Backend;
  /**
   * Keeps copies of entries in this process, in front of a backend that several share: `near: memoryBackend({ maxBytes:
   * "64mb" })`. What other processes purge is served from it for 50 ms at most; whenever its connection for news is down,
   * every look-up goes to the backend. Closed with the cache. Default: none.
   */
  readonly near?: ObjectBackend;
  /** The first part of every key. Caches that share a backend and a prefix share their entries. Default: `"cachette"`. */
  readonly prefix?: string;
  /**
   * How long values and results of functions are fresh: milliseconds or a text such as `"10s"`. 0 keeps nothing,
   * `Infinity` is for ever. Routes have their own. Default: `"1m"`.
   */
  readonly ttl?: Duration;
  /** Default: `typedCoder`, which gives back the types it was handed. */
  readonly coder?: Coder;
  /**
   * `true` hands out one frozen value to all readers instead of a copy to each. What a `Map`, `Set` or `Date` holds, and
   * the bytes of buffers, cannot be frozen: nobody may change them. Default: `false`.
   */
  readonly shared?: boolean;
  /** Makes the keys of functions. Default: name and arguments, such as `user(42)`. */
  readonly keyBuilder?: KeyBuilder<FunctionCall, string>;
  /** `false`, or a function that gives it, turns the cache off: everything is computed, nothing read or stored. Default: `true`. */
  readonly enabled?: boolean | (() => boolean);
  /** How long any call to the backend may take, from a millisecond to `Infinity`. Default: `"200ms"`. */
  readonly deadline?: Duration;
  /** When calls to a failing backend are stopped, and for how long. Default: after 5 failures in a row, for `"1s"`. */
  readonly breaker?: { readonly threshold?: number; readonly pause?: Duration };
  /** How long a caller waits for a load that another caller began, before it loads for itself. Default: `"30s"`. */
  readonly patience?: Duration;
  /**
   * Where several processes share a backend, one of them loads a key, and tells again and again that it is still at it.
   * How long the others wait for a word from it before one of them takes over. Default: `"5s"`.
   */
  readonly lease?: Duration;
  /** Is told everything that happens. Values are never part of it. What it throws is dropped. */
  readonly onEvent?: CacheEventListener;
  /** The source of time. Default: the system's clock. */
  readonly clock?: Clock;
  /** The source of chance, from 0 to below 1, for `jitter` and `earlyRefresh`. Default: `Math.random`. */
  readonly random?: () => number;
}

export interface ResolvedOptions {
  readonly backend: ObjectBackend | ByteBackend;
  readonly near: NearBackend | undefined;
  readonly prefix: string;
  readonly freshness: Freshness;
  readonly coder: Coder;
  readonly shared: boolean;
  readonly keyBuilder: KeyBuilder<FunctionCall, string> | undefined;
  readonly enabled: () => boolean;
  readonly deadline: number;
  readonly breaker: { readonly threshold: number; readonly pause: number };
  readonly patience: number;
  readonly lease: number;
  readonly onEvent: CacheEventListener | undefined;
  readonly clock: Clock;
  readonly random: () => number;
}

/** @throws CachetteError `OPTION_INVALID` */
export function resolveOptions(options: CacheOptions): ResolvedOptions {
  checkObject("options", options, [
    "backend",
    "near",
    "prefix",
    ...freshnessOptionNames,
    "coder",
    "shared",
    "keyBuilder",
    "enabled",
    "deadline",
    "breaker",
    "patience",
    "lease",
    "onEvent",
    "clock",
    "random",
  ]);
  const { backend, near, prefix = "cachette", coder = typedCoder, shared = false, keyBuilder } = options;
  const {
    enabled = true,
    deadline = "200ms",
    breaker = {},
    patience = "30s",
    lease = "5s",
    onEvent,
    clock = systemClock,
    random = Math.random,
  } = options;
  if (typeof prefix !== "string" || prefix === "") throw invalidOption("prefix", "a text that is not empty", prefix);
  checkFunction("keyBuilder", keyBuilder);
  checkFunction("onEvent", onEvent);
  checkFunction("random", random);
  checkObject("breaker", breaker, ["threshold", "pause"]);
  const { threshold = 5, pause = "1s" } = breaker;
  if (!(Number.isInteger(threshold) && threshold > 0)) {
    throw invalidOption("breaker.threshold", "a whole number above 0", threshold);
  }
  if (typeof enabled !== "boolean" && typeof enabled !== "function") {
    throw invalidOption("enabled", "true, false or a function that gives one of them", enabled);
  }
  return {
    backend: checkBackend(backend),
    near: near && checkNear(near),
    prefix,
    freshness: resolveFreshness(options.ttl, options, defaultFreshness),
    coder: checkCoder(coder),
    shared: checkBoolean("shared", shared),
    keyBuilder,
    enabled: typeof enabled === "function" ? enabled : () => enabled,
    deadline: checkTime("deadline", deadline, 1, Number.POSITIVE_INFINITY),
    breaker: { threshold, pause: checkTime("breaker.pause", pause, 0) },
    patience: toMilliseconds(patience, "patience"),
    lease: checkTime("lease", lease, 100),
    onEvent,
    clock: checkClock(clock),
    random,
  };
}

function checkTime(option: string, value: Duration, least: number, most: number = longestTimer): number {
  const milliseconds = toMilliseconds(value, option);
  if (milliseconds >= least && milliseconds <= most) return milliseconds;
  throw invalidOption(option, `${least} to ${most} milliseconds`, value);
}

/** What timers can wait, 24 days. */
const longestTimer = 2 ** 31 - 1;

function checkClock(clock: Clock): Clock {
  if (typeof clock?.now === "function" && typeof clock.after === "function") return clock;
  throw invalidOption("clock", "an object with the functions now and after", clock);
}

function checkNear(near: ObjectBackend): NearBackend {
  const backend = checkBackend(near);
  if (backend.holds === "objects" && typeof backend.clear === "function") return backend as NearBackend;
  throw invalidOption("near", `a backend in this process, such as memoryBackend({ maxBytes: "64mb" })`, near);
}

function checkBackend(backend: Backend): Backend {
  const required = ["get", "set", "delete", "versions", "close"] as const;
  if (
    typeof backend === "object" &&
    backend !== null &&
    (backend.holds === "objects" || backend.holds === "bytes") &&
    required.every((name) => typeof backend[name] === "function")
  ) {
    return backend;
  }
  throw invalidOption("backend", `a backend, such as memoryBackend({ maxBytes: "64mb" })`, backend);
}
