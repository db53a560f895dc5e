import type { Receiver } from "./backend.ts";
import type { Clock } from "./clock.ts";
import { CachetteError } from "./errors.ts";
import { isPromise, same } from "./promise.ts";

/**
 * Gives every promise the same time limit. As the limit is one and the same, promises run out in the order in which
 * they came: a list and a single timer serve them all.
 */
export class Deadline {
  readonly #clock: Clock;
  readonly #limit: number;
  /** The ends of the list: the first that is pending comes after it, the last before it. */
  readonly #ends = new Place();
  #armed = false;

  /** `limit` in milliseconds; `Infinity` for none. */
  constructor(clock: Clock, limit: number) {
    this.#clock = clock;
    this.#limit = limit;
  }

  /** Settles as `outcome` does, or rejects with `BACKEND_TIMEOUT` at the limit. A late outcome is dropped. */
  race<T>(outcome: T | Promise<T>): Promise<T> {
    if (!isPromise(outcome)) return Promise.resolve(outcome);
    return this.#limit === Number.POSITIVE_INFINITY ? outcome : this.settle(toldBy(outcome), same, raise, same);
  }

  /**
   * What `onValue` makes of the value that `ask` asks for, or `onError` of an error, or of `BACKEND_TIMEOUT` at the limit.
   * What `ask` or `onValue` throw is an error like any other; what `onValue` promises is within the limit too. What `goOn`
   * makes of either is not: it is what is given.
   */
  settle<T, R, S>(
    ask: Ask<T>,
    onValue: (value: T) => R | Promise<R>,
    onError: (error: unknown) => R,
    goOn: (result: R) => S | Promise<S>,
  ): Promise<S> {
    return new Promise<S>((resolve, reject) => {
      const pending = new Pending(resolve, reject, onValue, onError, goOn);
      if (this.#limit !== Number.POSITIVE_INFINITY) {
        pending.expiresAt = this.#clock.now() + this.#limit;
        pending.enter(this.#ends);
        if (!this.#armed) this.#arm(this.#limit);
      }
      try {
        ask(pending);
      } catch (error) {
        pending.failed(error);
      }
    });
  }

  /** Waits in steps, of which one that takes too long tells that the event loop has stood still. */
  #arm(delay: number): void {
    this.#armed = true;
    const step = this.#limit / 4;
    const length = Math.min(delay, step);
    const due = this.#clock.now() + length;
    this.#clock.after(length, () => {
      if (this.#clock.now() - due > step) this.#excuse();
      const next = this.#next();
      // Whatever the clock was set to, it takes no longer than it was to take.
      const left = next === undefined ? 0 : Math.min(next.expiresAt - this.#clock.now(), delay - length);
      if (left > 0) this.#arm(left);
      // Timers run before the answers that have arrived are read. One more turn lets those in before anything is late.
      else this.#clock.after(0, () => this.#sweep());
    });
  }

  /** What was asked for while the loop stood still may have been sent only now. It has half the limit once more, once. */
  #excuse(): void {
    const least = this.#clock.now() + this.#limit / 2;
    for (let place = this.#ends.after; place instanceof Pending; place = place.after) {
      if (!place.excused) place.expiresAt = Math.max(place.expiresAt, least);
      place.excused = true;
    }
  }

  #sweep(): void {
    // All that are due now, before any of them is told: whoever hears of it may take its time, in which others come to be due.
    const due: Pending<never, unknown, unknown>[] = [];
    for (let place = this.#ends.after; place instanceof Pending && this.#left(place) <= 0; place = place.after) {
      due.push(place);
    }
    for (const each of due) each.failed(this.#timeout());
    const next = this.#next();
    this.#armed = false;
    if (next !== undefined) this.#arm(Math.max(0, this.#left(next)));
  }

  #next(): Pending<never, unknown, unknown> | undefined {
    const { after } = this.#ends;
    return after instanceof Pending ? after : undefined;
  }

  /** Milliseconds that are left. What seems to have more than the limit is from before the clock was set back. */
  #left({ expiresAt }: Pending<never, unknown, unknown>): number {
    const left = expiresAt - this.#clock.now();
    return left > this.#limit ? 0 : left;
  }

  #timeout(): CachetteError {
    return new CachetteError({
      code: "BACKEND_TIMEOUT",
      message: `The backend did not answer within ${this.#limit} ms`,
    });
  }
}

/** Starts a call that tells how it has ended. */
export type Ask<T> = (receiver: Receiver<T>) => void;

/** For what tells it by a promise. */
export function toldBy<T>(outcome: Promise<T>): Ask<T> {
  return (receiver) => {
    outcome.then(
      (value) => receiver.arrived(value),
      (error: unknown) => receiver.failed(error),
    );
  };
}

/** A place in a list that is a ring. Alone, it is a ring by itself. */
class Place {
  before: Place = this;
  after: Place = this;

  /** Takes the last place, before the one where the ring begins and ends. */
  enter(ends: Place): void {
    this.before = ends.before;
    this.after = ends;
    this.before.after = this;
    ends.before = this;
  }

  leave(): void {
    this.before.after = this.after;
    this.after.before = this.before;
    // Else one that has grown old would hold on to all that came after it.
    this.before = this;
    this.after = this;
  }
}

/**
 * A promise that has not settled. One that has is out of the list at once: what is kept for the time of the limit grows
 * old, and so does what hangs on it. Not an object literal, for the same reason (decision 14).
 */
class Pending<T, R, S> extends Place implements Receiver<T> {
  expiresAt = 0;
  excused = false;
  #open = true;
  readonly #resolve: (result: S | Promise<S>) => void;
  readonly #reject: (error: unknown) => void;
  readonly #onValue: (value: T) => R | Promise<R>;
  readonly #onError: (error: unknown) => R;
  readonly #goOn: (result: R) => S | Promise<S>;

  constructor(
    resolve: (result: S | Promise<S>) => void,
    reject: (error: unknown) => void,
    onValue: (value: T) => R | Promise<R>,
    onError: (error: unknown) => R,
    goOn: (result: R) => S | Promise<S>,
  ) {
    super();
    this.#resolve = resolve;
    this.#reject = reject;
    this.#onValue = onValue;
    this.#onError = onError;
    this.#goOn = goOn;
  }

  arrived(value: T): void {
    if (!this.#open) return;
    try {
      const result = this.#onValue(value);
      if (isPromise(result)) {
        result.then(
          (settled) => this.#end(settled),
          (error: unknown) => this.failed(error),
        );
      } else this.#end(result);
    } catch (error) {
      this.failed(error);
    }
  }

  failed(error: unknown): void {
    if (this.#close()) this.#tell(this.#onError, error);
  }

  #end(result: R): void {
    if (this.#close()) this.#tell(same<R>, result);
  }

  #tell<V>(make: (value: V) => R, value: V): void {
    try {
      this.#resolve(this.#goOn(make(value)));
    } catch (error) {
      this.#reject(error);
    }
  }

  /** Says whether it was open. */
  #close(): boolean {
    const wasOpen = this.#open;
    this.#open = false;
    this.leave();
    return wasOpen;
  }
}

function raise(error: unknown): never {
  throw error;
}
