import type { CachetteError } from "./errors.ts";

/** Which call to a backend failed. */
export type BackendOperation =
  | "get"
  | "set"
  | "delete"
  | "lease"
  | "near"
  | "reclaim"
  | "read-labels"
  | "invalidate"
  | "ping"
  | "close";

/**
 * What the cache tells about itself, in the order in which it happens. `key` is the full key, as the backend sees it.
 * Values are never part of an event.
 */
export type CacheEvent =
  | { readonly type: "hit"; readonly key: string }
  | { readonly type: "miss"; readonly key: string }
  /** Served although no longer fresh, as its policy allows. */
  | { readonly type: "stale"; readonly key: string }
  /** The cache was not asked. `reason` is a short fixed word, such as `"authorization"`; `detail` is for people. */
  | { readonly type: "bypass"; readonly reason: string; readonly detail?: string }
  /** A load has ended well. `duration` in milliseconds. */
  | { readonly type: "load"; readonly key: string; readonly duration: number }
  /** A load has thrown, or a handler did not come to an end. */
  | { readonly type: "load-error"; readonly key: string; readonly duration: number; readonly error: unknown }
  /** An entry was written. `ttl` in milliseconds, `size` in bytes. */
  | { readonly type: "store"; readonly key: string; readonly ttl: number; readonly size: number }
  /** A value was served but not stored. */
  | { readonly type: "refuse"; readonly key: string; readonly reason: string; readonly detail?: string }
  /**
   * A handler read an input that is not in the key, so that its answers are not stored. Told once for each input of a
   * route. `remedy` is the option that would change it, such as `vary: ["x-tenant"] or unkeyed: ["x-tenant"]`.
   */
  | { readonly type: "unkeyed-input"; readonly key: string; readonly input: string; readonly remedy: string }
  | { readonly type: "delete"; readonly key: string }
  /** Entries were made void or stale by their labels. Without namespace and tags: the whole cache. */
  | {
      readonly type: "invalidate";
      readonly kind: "hard" | "soft";
      readonly namespace?: string;
      readonly tags?: readonly string[];
    }
  /** A call to the backend failed or took longer than its deadline; the cache went on without it. */
  | {
      readonly type: "backend-error";
      readonly operation: BackendOperation;
      readonly key?: string;
      readonly error: CachetteError;
    }
  /** Calls to the backend are stopped, tried with a single probe, or let through again. */
  | { readonly type: "breaker"; readonly state: BreakerState }
  /** An entry could not be read back: foreign bytes, another format, a coder that threw. Treated as a miss. */
  | { readonly type: "decode-error"; readonly key: string; readonly error: unknown }
  /** A value could not be encoded. It was served and not stored. */
  | { readonly type: "encode-error"; readonly key: string; readonly error: unknown };

export type BreakerState = "closed" | "open" | "half-open";

export type CacheEventListener = (event: CacheEvent) => void;
