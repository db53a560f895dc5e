import { type Entry, mayStandIn } from "./entry.ts";
import type { Flight } from "./flight.ts";
import type { Packing } from "./packing.ts";
import type { Pipeline, Policy } from "./pipeline.ts";

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

/** What only the result of a load can say; it goes before the policy. */
export interface Settlement extends Partial<Lifetime> {
  /** In addition to the policy's labels. */
  readonly tags?: readonly string[];
  /** The full key to store under, in place of the one that was looked up. */
  readonly key?: string;
  /** How `key` ends, as the very text that it was made of. */
  readonly tail?: string | undefined;
  /** What leads from the one to the other, made by `beside`. */
  readonly index?: Entry | undefined;
  /** Nobody may have it without asking whether it still holds: those who wait do so each on their own. */
  readonly mustAsk?: boolean;
}

/** The task of loading one key. It must end in exactly one of `commit`, `fail`, `abandon`; what comes later is ignored. */
export class Fill {
  readonly kind = "fill";
  readonly key: string;
  readonly #pipeline: Pipeline;
  readonly #policy: Policy;
  readonly #flight: Flight;
  readonly #startedAt: number;
  #ended = false;

  constructor(pipeline: Pipeline, key: string, policy: Policy, flight: Flight) {
    this.#pipeline = pipeline;
    this.key = key;
    this.#policy = policy;
    this.#flight = flight;
    this.#startedAt = pipeline.clock.now();
  }

  /** Whether a value can be stored at all: not while the backend is out of reach, nor after the key was deleted. */
  get storable(): boolean {
    return this.#pipeline.storable(this.#flight);
  }

  /** An entry that is no longer fresh, whose value may be asked about, or stand in for an error. */
  get stale(): Entry | undefined {
    return this.#flight.lookup.stale;
  }

  get waiting(): number {
    return this.#flight.waiting;
  }

  /** The value is there. Gives the entry made of it, or `undefined` if it cannot be encoded. */
  commit(value: unknown, settlement: Settlement = {}): Entry | undefined {
    if (!this.#end()) return undefined;
    this.#loaded();
    return this.#pipeline.commit(this.key, this.#policy, this.#flight, value, settlement);
  }

  /**
   * Stores something beside the value, under another key, for `ttl` milliseconds; under the same conditions. `old` is
   * what was found there.
   */
  beside(key: string, packing: Packing, value: unknown, ttl: number, old?: Entry): Entry | undefined {
    if (this.#ended) return undefined;
    return this.#pipeline.beside(key, { ...this.#policy, packing, ttl }, this.#flight, value, old);
  }

  /** The load has thrown; all who wait get the same error. */
  fail(error: unknown): void {
    if (!this.#end()) return;
    this.#failed(error);
    this.#pipeline.end(this.key, this.#flight, { type: "error", error });
  }

  /**
   * The load has failed. If there is a stale entry that may stand in for it, that is what all get, and what this gives;
   * else `undefined`, and nothing has happened: call `fail` or `abandon`.
   */
  standIn(error: unknown): Entry | undefined {
    const { stale } = this;
    if (this.#ended || stale === undefined || this.#flight.fenced) return undefined;
    if (!mayStandIn(stale, this.#pipeline.clock.now())) return undefined;
    this.#end();
    this.#failed(error);
    // Who came after one of its own labels was purged may not have it.
    this.#flight.labels = [...new Set([...this.#flight.labels, ...stale.labels])];
    this.#pipeline.end(this.key, this.#flight, { type: "entry", entry: stale });
    return stale;
  }

  /** A stale entry for a caller who does not wait any longer, if there is one that may be had; the load goes on. */
  get inTheMeantime(): Entry | undefined {
    const { stale } = this;
    if (this.#ended || stale === undefined) return undefined;
    return this.#pipeline.mayTakePlace(stale, this.#flight) ? stale : undefined;
  }

  /** There turned out to be nothing under the key. Those who wait start over, and may find that out for themselves. */
  vanish(): void {
    if (!this.#end()) return;
    this.#loaded();
    this.#pipeline.drop(this.#flight);
    this.#pipeline.yield(this.#flight);
  }

  /** There is nothing that others may have, and what was stored is not for them either. */
  withdraw(): void {
    if (!this.#end()) return;
    this.#pipeline.drop(this.#flight);
    this.#pipeline.end(this.key, this.#flight, { type: "none", stale: null });
  }

  /** There is nothing that others may have; each who waits loads on its own. */
  abandon(): void {
    if (this.#end()) this.#pipeline.end(this.key, this.#flight, { type: "none" });
  }

  /** Another load of the same caller takes the place of this one. Those who wait start over at once. */
  giveWay(): void {
    if (this.#end()) this.#pipeline.yield(this.#flight);
  }

  /** Another process has stored what this was to give; those who wait get that. */
  adopt(entry: Entry): void {
    if (this.#end()) this.#pipeline.adopt(this.#flight, this.#policy, entry);
  }

  /** The value has begun to come, and may take its time: from now on it is waited for only a little longer. */
  streams(): void {
    if (!this.#ended) this.#pipeline.streams(this.#flight);
  }

  /** Whoever wanted this is gone. Goes on for those who wait; without any, it is abandoned. Says whether it goes on. */
  orphan(): boolean {
    if (this.#ended) return false;
    if (this.#flight.waiting === 0) {
      this.abandon();
      return false;
    }
    this.#pipeline.detach(this.#flight);
    return true;
  }

  /** Whoever wanted this is gone. It goes on as long as somebody waits; then it is given up, and `stop` called. */
  leave(stop: () => void): void {
    const giveUp = (): void => {
      if (this.#ended) return;
      this.giveWay();
      stop();
    };
    if (this.#flight.waiting === 0) giveUp();
    else this.#flight.giveUp = giveUp;
  }

  /** Whether it has come to an end. */
  get ended(): boolean {
    return this.#ended;
  }

  #loaded(): void {
    const duration = this.#duration;
    this.#flight.loadTime = Math.max(0, Math.round(duration));
    this.#pipeline.telemetry.load(this.key, duration);
  }

  #failed(error: unknown): void {
    this.#pipeline.telemetry.loadError(this.key, this.#duration, error);
    this.#pipeline.remember(this.key, this.#policy, this.#flight, error);
  }

  get #duration(): number {
    return this.#pipeline.clock.now() - this.#startedAt;
  }

  #end(): boolean {
    if (this.#ended) return false;
    this.#ended = true;
    return true;
  }
}
