import type { Clock } from "@cachette/core";

/** More labels than this, and all are taken to be due again. */
const mostLabels = 50_000;

/**
 * Which labels this process has already kept from expiring for now. A plain reading does not put off their expiry, so
 * that once in a while, and when a label is met for the first time, the reading is one that does.
 */
export class Upkeep {
  readonly #clock: Clock;
  readonly #interval: number;
  readonly #done = new Set<string>();
  #endsAt = Number.NEGATIVE_INFINITY;

  /** `labelTtl` in milliseconds: labels are due again after a quarter of it. */
  constructor(clock: Clock, labelTtl: number) {
    this.#clock = clock;
    this.#interval = labelTtl / 4;
  }

  /** Whether one of the labels is due. */
  isDue(labels: readonly string[]): boolean {
    if (this.#clock.now() >= this.#endsAt) {
      this.#done.clear();
      this.#endsAt = this.#clock.now() + this.#interval;
    }
    return !labels.every((label) => this.#done.has(label));
  }

  done(labels: readonly string[]): void {
    if (this.#done.size + labels.length > mostLabels) this.#done.clear();
    for (const label of labels) this.#done.add(label);
  }
}
