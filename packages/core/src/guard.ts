import { Breaker, type BreakerOptions } from "./breaker.ts";
import type { Clock } from "./clock.ts";
import { type Ask, Deadline } from "./deadline.ts";
import { CachetteError, isCachetteError } from "./errors.ts";
import type { BackendOperation } from "./events.ts";
import type { Telemetry } from "./telemetry.ts";

export interface GuardOptions {
  /** Name of the backend, for messages. */
  readonly name: string;
  readonly clock: Clock;
  readonly telemetry: Telemetry;
  /** Milliseconds that any call to the backend may take. */
  readonly deadline: number;
  readonly breaker: BreakerOptions;
}

/** A backend that is full, and takes neither entries nor leases, can still be read; a near cache is none of its business. */
const harmless: ReadonlySet<BackendOperation> = new Set(["set", "lease", "near", "reclaim"]);

/** What stands between the store and a backend that fails: the deadline of each call, the breaker, the events. */
export class Guard {
  readonly #name: string;
  readonly #telemetry: Telemetry;
  readonly #deadline: Deadline;
  readonly #breaker: Breaker;
  readonly #clock: Clock;
  #failedAt = Number.NEGATIVE_INFINITY;

  constructor({ name, clock, telemetry, deadline, breaker }: GuardOptions) {
    this.#clock = clock;
    this.#name = name;
    this.#telemetry = telemetry;
    this.#deadline = new Deadline(clock, deadline);
    this.#breaker = new Breaker(clock, breaker, (state) => telemetry.breaker(state));
  }

  /** Whether nothing is known to be wrong. */
  get calm(): boolean {
    return this.#breaker.closed;
  }

  /** Whether a call that somebody waited for has failed in the last so many milliseconds. */
  failedWithin(milliseconds: number): boolean {
    return this.#clock.now() - this.#failedAt < milliseconds;
  }

  /** Whether a call may be made now; while the breaker is open, only as a probe. */
  allows(): boolean {
    return this.#breaker.allows();
  }

  /** The answer of a call, or a rejection with `BACKEND_TIMEOUT`. */
  race<T>(answer: T | Promise<T>): Promise<T> {
    return this.#deadline.race(answer);
  }

  /** What is made of the answer to a call, or of its error, `BACKEND_TIMEOUT` among them. See `Deadline.settle`. */
  settle<T, R, S>(
    ask: Ask<T>,
    onValue: (value: T) => R | Promise<R>,
    onError: (error: unknown) => R,
    goOn: (result: R) => S | Promise<S>,
  ): Promise<S> {
    return this.#deadline.settle(ask, onValue, onError, goOn);
  }

  succeeded(): void {
    this.#breaker.succeeded();
  }

  /** Counts a failure and tells of it. */
  failed(operation: BackendOperation, cause: unknown, key?: string): undefined {
    // What merely is not allowed, say, tells nothing about whether others can reach the backend.
    if (operation !== "near" && operation !== "reclaim") this.#failedAt = this.#clock.now();
    if (!harmless.has(operation)) this.#breaker.failed();
    this.#telemetry.backendError(operation, this.#asBackendError(operation, cause), key);
  }

  /** As `failed`, for a purge: gives the error for its caller. */
  pending(operation: BackendOperation, cause: unknown, key?: string): CachetteError {
    this.failed(operation, cause, key);
    return new CachetteError({
      code: "INVALIDATION_PENDING",
      message: `The purge did not reach the backend "${this.#name}". It is remembered, and carried out before this process reads from that backend again`,
      cause,
    });
  }

  #asBackendError(operation: BackendOperation, cause: unknown): CachetteError {
    if (isCachetteError(cause)) return cause;
    const message = `The backend "${this.#name}" failed at ${operation}`;
    return new CachetteError({ code: "BACKEND_FAILED", message, cause });
  }
}
