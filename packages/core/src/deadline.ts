import type { Clock } from "./clock.ts";
import { CachetteError } from "./errors.ts";
import { isPromise } from "./promise.ts";

interface Pending {
  expiresAt: number;
  /** Rejects the caller's promise; undefined once it has been settled. */
  expire: (() => void) | undefined;
}

/**
 * Gives every promise the same time limit. As the limit is one and the same, promises run out in the order in which
 * they came: a queue and a single timer serve them all.
 */
export class Deadline {
  readonly #clock: Clock;
  readonly #limit: number;
  #queue: Pending[] = [];
  #armed = false;

  /** `limit` in milliseconds; `Infinity` for none. */
  constructor(clock: Clock, limit: number) {
    this.#clock = clock;
    this.#limit = limit;
  }

  /** Settles as `outcome` does, or rejects with `BACKEND_TIMEOUT` at the limit. A late outcome is dropped. */
  race<T>(outcome: T | Promise<T>): Promise<T> {
    if (!isPromise(outcome)) return Promise.resolve(outcome);
    if (this.#limit === Number.POSITIVE_INFINITY) return outcome;
    return new Promise<T>((resolve, reject) => {
      const pending: Pending = {
        expiresAt: this.#clock.now() + this.#limit,
        expire: () => reject(this.#timeout()),
      };
      outcome.then(
        (value) => {
          pending.expire = undefined;
          resolve(value);
        },
        (error: unknown) => {
          pending.expire = undefined;
          reject(error);
        },
      );
      this.#queue.push(pending);
      this.#arm(this.#limit);
    });
  }

  /**
   * What `onValue` makes of the value, or `onError` of an error, or of `BACKEND_TIMEOUT` at the limit. `onError` must not
   * throw. As `race`, with a promise less or two for each call.
   */
  settle<T, R>(outcome: Promise<T>, onValue: (value: T) => R | Promise<R>, onError: (error: unknown) => R): Promise<R> {
    return new Promise<R>((resolve) => {
      const pending: Pending = { expiresAt: 0, expire: () => resolve(onError(this.#timeout())) };
      const failed = (error: unknown): void => {
        if (pending.expire === undefined) return;
        pending.expire = undefined;
        resolve(onError(error));
      };
      outcome.then((value) => {
        if (pending.expire === undefined) return;
        try {
          const result = onValue(value);
          if (isPromise(result)) {
            result.then((settled) => {
              if (pending.expire === undefined) return;
              pending.expire = undefined;
              resolve(settled);
            }, failed);
            return;
          }
          pending.expire = undefined;
          resolve(result);
        } catch (error) {
          failed(error);
        }
      }, failed);
      if (this.#limit === Number.POSITIVE_INFINITY) return;
      pending.expiresAt = this.#clock.now() + this.#limit;
      this.#queue.push(pending);
      this.#arm(this.#limit);
    });
  }

  #arm(delay: number): void {
    if (this.#armed) return;
    this.#armed = true;
    // Behind a blocked event loop, timers run before the answers that have long arrived are read. One more turn lets
    // those in before anything is called late.
    this.#clock.after(delay, () => this.#clock.after(0, () => this.#sweep()));
  }

  #sweep(): void {
    this.#armed = false;
    const now = this.#clock.now();
    let done = 0;
    for (const pending of this.#queue) {
      if (pending.expire !== undefined) {
        if (this.#left(pending, now) > 0) break;
        const { expire } = pending;
        pending.expire = undefined;
        expire();
      }
      done++;
    }
    this.#queue.splice(0, done);
    const next = this.#queue[0];
    if (next !== undefined) this.#arm(this.#left(next, now));
  }

  /** Milliseconds that are left. What seems to have more than the limit is from before the clock was set back. */
  #left(pending: Pending, now: number): number {
    const left = pending.expiresAt - now;
    return left > this.#limit ? 0 : left;
  }

  #timeout(): CachetteError {
    return new CachetteError({
      code: "BACKEND_TIMEOUT",
      message: `The backend did not answer within ${this.#limit} ms`,
    });
  }
}
