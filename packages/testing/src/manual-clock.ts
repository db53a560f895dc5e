import { type Cancel, type Clock, type Duration, systemClock, toMilliseconds } from "@cachette/core";
import { turn } from "./turn.ts";

/** A clock that stands still until it is moved. */
export interface ManualClock extends Clock {
  /** How many tasks wait for their time. */
  readonly pending: number;
  /**
   * Lets time pass: runs what falls due, in the order of time, each at its very moment, and lets promises settle before
   * the first, between and after the last. What a task asks for within the span is run too.
   */
  advance(by: Duration): Promise<void>;
  /**
   * Sets the time of day, in milliseconds since the Unix epoch, as an operator or a time server does: no time passes,
   * no task runs, and those that wait go on waiting for as long as before. Backwards is possible.
   */
  set(now: number): void;
}

interface Task {
  readonly due: number;
  readonly order: number;
  readonly run: () => void;
}

/**
 * A clock for tests: `createCache({ backend, clock })`, and then `await clock.advance("10s")` in place of waiting.
 *
 * @param start the time of day, in milliseconds since the Unix epoch. By default that of the machine, so that backends
 * with a clock of their own, such as a Redis, agree about what has expired already.
 */
export function manualClock(start: number = systemClock.now()): ManualClock {
  return new SteppedClock(start);
}

class SteppedClock implements ManualClock {
  /** Milliseconds since the start. Tasks wait for these, not for a time of day. */
  #elapsed = 0;
  /** The time of day at the start, corrected by each `set`. */
  #origin: number;
  #order = 0;
  readonly #tasks = new Set<Task>();

  constructor(start: number) {
    this.#origin = start;
  }

  get pending(): number {
    return this.#tasks.size;
  }

  now(): number {
    return this.#origin + this.#elapsed;
  }

  after(delay: number, run: () => void): Cancel {
    const task: Task = { due: this.#elapsed + Math.max(0, delay), order: this.#order++, run };
    this.#tasks.add(task);
    return () => {
      this.#tasks.delete(task);
    };
  }

  async advance(by: Duration): Promise<void> {
    const end = this.#elapsed + toMilliseconds(by, "by");
    await turn();
    for (let task = this.#next(end); task !== undefined; task = this.#next(end)) {
      this.#tasks.delete(task);
      this.#elapsed = Math.max(this.#elapsed, task.due);
      task.run();
      await turn();
    }
    this.#elapsed = Math.max(this.#elapsed, end);
  }

  set(now: number): void {
    this.#origin = now - this.#elapsed;
  }

  #next(end: number): Task | undefined {
    let next: Task | undefined;
    for (const task of this.#tasks) {
      if (task.due > end) continue;
      if (next === undefined || task.due < next.due || (task.due === next.due && task.order < next.order)) next = task;
    }
    return next;
  }
}
