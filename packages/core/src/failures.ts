import type { Lookup } from "./store.ts";

/** More than this, and the oldest is forgotten. */
const most = 1000;

/** A load that failed. */
export interface Failure {
  readonly error: unknown;
  readonly at: number;
  /** What was known when it began, and the labels of what it loaded: a purge of one of them later ends it. */
  readonly lookup: Lookup;
  readonly labels: readonly string[];
}

/** Loads that failed just now, by key. */
export class Failures {
  readonly #failures = new Map<string, Failure>();

  set(key: string, failure: Failure): void {
    this.#failures.delete(key);
    this.#failures.set(key, failure);
    if (this.#failures.size <= most) return;
    for (const oldest of this.#failures.keys()) {
      this.#failures.delete(oldest);
      break;
    }
  }

  /** The failure of `key`, if it is no older than `age` milliseconds. */
  recent(key: string, age: number, now: number): Failure | undefined {
    if (this.#failures.size === 0) return undefined;
    const failure = this.#failures.get(key);
    // From the future only after the clock was set back: then nobody knows how long ago it was.
    return failure !== undefined && failure.at <= now && now < failure.at + age ? failure : undefined;
  }

  delete(key: string): void {
    if (this.#failures.size > 0) this.#failures.delete(key);
  }
}
