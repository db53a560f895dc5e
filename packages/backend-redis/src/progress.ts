import type { Mark } from "@cachette/core";

/** How many former epochs are remembered. There is a new one only when a clock was lost. */
const mostFormer = 100;

/**
 * What this process has seen of a clock. A replica that takes over without the last writes shows a clock that was set
 * back, or one that had been given up already; invalidations have been lost with it, and only who has seen the later
 * state can tell.
 */
export class Progress {
  #latest: Mark | undefined;
  readonly #former = new Set<string>();

  /** The latest mark seen so far. */
  get latest(): Mark | undefined {
    return this.#latest;
  }

  /**
   * Whether `mark` can be what became of the clock after `since`, the latest mark known when the question was asked.
   * Answers to questions asked earlier may come in later, so what was learnt meanwhile does not count.
   */
  follows(mark: Mark, since: Mark | undefined): boolean {
    if (since?.epoch === mark.epoch) return mark.seq >= since.seq;
    return !this.#former.has(mark.epoch);
  }

  /** Takes note of a mark that was found to follow. */
  learn(mark: Mark): void {
    const latest = this.#latest;
    if (latest === undefined) this.#latest = mark;
    else if (latest.epoch === mark.epoch) {
      if (mark.seq > latest.seq) this.#latest = mark;
    } else if (!this.#former.has(mark.epoch)) {
      this.#former.add(latest.epoch);
      for (const oldest of this.#former) {
        if (this.#former.size <= mostFormer) break;
        this.#former.delete(oldest);
      }
      this.#latest = mark;
    }
  }
}
