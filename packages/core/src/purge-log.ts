/** More labels than this are not told apart any more. */
const mostLabels = 1000;

/**
 * The purges made in this process, counted. Tells what was purged between two moments when the backend, and with it the
 * mark, is out of reach.
 */
export class PurgeLog {
  /** How many there were so far. */
  count = 0;
  readonly #last = new Map<string, number>();
  /** Labels that are not listed were purged no later than this. */
  #floor = 0;

  add(labels: readonly string[]): void {
    this.count++;
    for (const label of labels) {
      this.#last.delete(label);
      this.#last.set(label, this.count);
    }
    for (const [label, last] of this.#last) {
      if (this.#last.size <= mostLabels) break;
      this.#last.delete(label);
      this.#floor = last;
    }
  }

  /** Everything was purged. */
  addAll(): void {
    this.#floor = ++this.count;
    this.#last.clear();
  }

  /** Whether any of `labels` may have been purged after there were `count` purges. */
  touchedSince(count: number, labels: readonly string[]): boolean {
    return count !== this.count && labels.some((label) => (this.#last.get(label) ?? this.#floor) > count);
  }
}
