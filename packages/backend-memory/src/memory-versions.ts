import type { Mark, Reading, Stamp, Versions } from "@cachette/core";

const never: Stamp = { hard: 0, soft: 0 };

/**
 * The logical clock and the labels of one cache, in this process. Labels are kept in the order of their last
 * invalidation; when there are more than `mostLabels`, the oldest are forgotten and their stamps raise the floor that
 * unknown labels stand on. What was forgotten then counts as invalidated at least as late as it was.
 */
export class MemoryVersions implements Versions {
  readonly #mostLabels: number;
  readonly #stamps = new Map<string, Stamp>();
  #floor = never;
  #mark: Mark | undefined;

  constructor(mostLabels: number) {
    this.#mostLabels = mostLabels;
  }

  get current(): Mark {
    // Named at the first use: some platforms give no random numbers while modules are being loaded.
    this.#mark ??= { epoch: crypto.randomUUID(), seq: 0 };
    return this.#mark;
  }

  read(labels: readonly string[]): Reading {
    return { mark: this.current, stamps: labels.map((label) => this.#stamps.get(label) ?? this.#floor) };
  }

  advance(labels: readonly string[], kind: "hard" | "soft"): void {
    const { epoch, seq } = this.current;
    const mark: Mark = { epoch, seq: seq + 1 };
    for (const label of labels) {
      const { hard, soft } = this.#stamps.get(label) ?? this.#floor;
      this.#stamps.delete(label);
      this.#stamps.set(label, kind === "hard" ? { hard: mark.seq, soft } : { hard, soft: mark.seq });
    }
    this.#forget();
    this.#mark = mark;
  }

  #forget(): void {
    for (const [label, { hard, soft }] of this.#stamps) {
      if (this.#stamps.size <= this.#mostLabels) return;
      this.#stamps.delete(label);
      this.#floor = { hard: Math.max(this.#floor.hard, hard), soft: Math.max(this.#floor.soft, soft) };
    }
  }
}
