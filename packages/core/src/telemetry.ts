import { type Counters, Tally } from "./counters.ts";
import { type CachetteError, describe } from "./errors.ts";
import type { BackendOperation, BreakerState, CacheEvent, CacheEventListener } from "./events.ts";
import { isPromise } from "./promise.ts";

/**
 * Counts what happens and tells the listener. Event objects are built only if somebody listens, and a listener that
 * throws is not allowed to break what it listens to.
 */
export class Telemetry {
  readonly #listener: CacheEventListener | undefined;
  readonly #tally = new Tally();

  constructor(listener: CacheEventListener | undefined) {
    this.#listener = listener;
  }

  counters(): Counters {
    return this.#tally.snapshot();
  }

  /** The key is asked for only if somebody listens. */
  hit(entry: { readonly key: string }): void {
    this.#tally.hits++;
    if (this.#listener !== undefined) this.#tell({ type: "hit", key: entry.key });
  }

  stale(key: string): void {
    this.#tally.stale++;
    if (this.#listener !== undefined) this.#tell({ type: "stale", key });
  }

  miss(key: string): void {
    this.#tally.misses++;
    if (this.#listener !== undefined) this.#tell({ type: "miss", key });
  }

  shared(): void {
    this.#tally.shared++;
  }

  bypass(reason: string, detail?: string): void {
    increment(this.#tally.bypasses, reason);
    this.#tell(detail === undefined ? { type: "bypass", reason } : { type: "bypass", reason, detail });
  }

  /** Because of an error, of which the event tells what it says. */
  bypassOn(reason: string, error: unknown): void {
    const message: unknown = error instanceof Error ? error.message : undefined;
    this.bypass(reason, typeof message === "string" ? message : describe(error));
  }

  load(key: string, duration: number): void {
    this.#tally.loads++;
    this.#tally.loadTime += duration;
    this.#tell({ type: "load", key, duration });
  }

  loadError(key: string, duration: number, error: unknown): void {
    this.#tally.loads++;
    this.#tally.loadErrors++;
    this.#tally.loadTime += duration;
    this.#tell({ type: "load-error", key, duration, error });
  }

  store(key: string, ttl: number, size: number): void {
    this.#tally.stores++;
    this.#tell({ type: "store", key, ttl, size });
  }

  refuse(key: string, reason: string, detail?: string): void {
    increment(this.#tally.refusals, reason);
    this.#tell(detail === undefined ? { type: "refuse", key, reason } : { type: "refuse", key, reason, detail });
  }

  unkeyedInput(key: string, input: string, remedy: string): void {
    this.#tell({ type: "unkeyed-input", key, input, remedy });
  }

  delete(key: string): void {
    this.#tally.deletes++;
    this.#tell({ type: "delete", key });
  }

  invalidate(kind: "hard" | "soft", what: { readonly namespace?: string; readonly tags?: readonly string[] }): void {
    this.#tally.invalidations++;
    this.#tell({ type: "invalidate", kind, ...what });
  }

  backendError(operation: BackendOperation, error: CachetteError, key?: string): void {
    this.#tally.backendErrors++;
    this.#tell(
      key === undefined
        ? { type: "backend-error", operation, error }
        : { type: "backend-error", operation, key, error },
    );
  }

  breaker(state: BreakerState): void {
    this.#tell({ type: "breaker", state });
  }

  decodeError(key: string, error: unknown): void {
    this.#tally.decodeErrors++;
    this.#tell({ type: "decode-error", key, error });
  }

  encodeError(key: string, error: unknown): void {
    this.#tally.encodeErrors++;
    this.#tell({ type: "encode-error", key, error });
  }

  #tell(event: CacheEvent): void {
    try {
      const told: unknown = this.#listener?.(event);
      if (isPromise(told)) told.then(undefined, () => {});
    } catch {
      // The listener's own fault; there is nobody here to hand it to.
    }
  }
}

function increment(sums: Map<string, number>, reason: string): void {
  sums.set(reason, (sums.get(reason) ?? 0) + 1);
}
