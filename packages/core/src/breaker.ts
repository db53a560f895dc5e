import type { Clock } from "./clock.ts";
import type { BreakerState } from "./events.ts";

export interface BreakerOptions {
  /** Failures in a row after which calls are stopped. */
  readonly threshold: number;
  /** Milliseconds until a single call is let through to see whether the backend is back. */
  readonly pause: number;
}

/**
 * Stops calling what is down, so that an outage costs a request nothing instead of a deadline. After a pause one call
 * goes through as a probe: it closes the breaker, or opens it for another pause.
 */
export class Breaker {
  readonly #clock: Clock;
  readonly #options: BreakerOptions;
  readonly #onChange: (state: BreakerState) => void;
  #state: BreakerState = "closed";
  #failures = 0;
  #probeAt = 0;

  constructor(clock: Clock, options: BreakerOptions, onChange: (state: BreakerState) => void) {
    this.#clock = clock;
    this.#options = options;
    this.#onChange = onChange;
  }

  get closed(): boolean {
    return this.#state === "closed";
  }

  /** Whether a call may be made now. In the half-open state only the first caller after a pause hears yes. */
  allows(): boolean {
    if (this.#state === "closed") return true;
    const now = this.#clock.now();
    const left = this.#probeAt - now;
    // More than a whole pause is left only after the clock was set back.
    if (left > 0 && left <= this.#options.pause) return false;
    // A probe whose outcome is never reported must not lock the breaker: after another pause the next one may try.
    this.#probeAt = now + this.#options.pause;
    this.#change("half-open");
    return true;
  }

  succeeded(): void {
    this.#failures = 0;
    this.#change("closed");
  }

  failed(): void {
    this.#failures++;
    if (this.#state === "closed" && this.#failures < this.#options.threshold) return;
    this.#probeAt = this.#clock.now() + this.#options.pause;
    this.#change("open");
  }

  #change(state: BreakerState): void {
    if (this.#state === state) return;
    this.#state = state;
    this.#onChange(state);
  }
}
