import type { Entry } from "./entry.ts";
import type { Flight } from "./flight.ts";
import type { Pipeline, Policy } from "./pipeline.ts";

/** What only the result of a load can say. */
export interface Settlement {
  /** Milliseconds, in place of the policy's. */
  readonly ttl?: number;
  /** In addition to the policy's labels. */
  readonly tags?: readonly string[];
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
    return this.#flight.lookup.mark !== undefined && !this.#flight.fenced;
  }

  get waiting(): number {
    return this.#flight.waiting;
  }

  /** The value is there. Gives the entry made of it, or `undefined` if it cannot be encoded. */
  commit(value: unknown, settlement: Settlement = {}): Entry | undefined {
    if (!this.#end()) return undefined;
    this.#pipeline.telemetry.load(this.key, this.#duration);
    return this.#pipeline.commit(this.key, this.#policy, this.#flight, value, settlement);
  }

  /** The load has thrown; all who wait get the same error. */
  fail(error: unknown): void {
    if (!this.#end()) return;
    this.#pipeline.telemetry.loadError(this.key, this.#duration, error);
    this.#pipeline.end(this.key, this.#flight, { type: "error", error });
  }

  /** There is nothing that others may have; each who waits loads on its own. */
  abandon(): void {
    if (this.#end()) this.#pipeline.end(this.key, this.#flight, { type: "none" });
  }

  /** Whoever wanted this is gone. Goes on for those who wait; without any, it is abandoned. Says whether it goes on. */
  orphan(): boolean {
    if (this.#ended) return false;
    if (this.#flight.waiting === 0) {
      this.abandon();
      return false;
    }
    this.#pipeline.detach(this.key, this.#flight);
    return true;
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
