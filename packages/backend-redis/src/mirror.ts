import type { Mark, Stamp } from "@cachette/core";
import type { Change } from "./clock-record.ts";

/** More labels than this, and all are forgotten, to be looked up anew. */
const mostLabels = 50_000;

/**
 * The stamps of labels as they were at one mark. The clock tells which labels were invalidated last, so that a look at
 * the clock alone brings all stamps up to date; where more has happened than it tells, they are forgotten.
 */
export class Mirror {
  #mark: Mark | undefined;
  readonly #stamps = new Map<string, Stamp>();

  /** What the stamps are true at. The same object until something is invalidated. */
  get mark(): Mark | undefined {
    return this.#mark;
  }

  /** The stamp of a label at `mark`, if it is known. */
  get(label: string): Stamp | undefined {
    return this.#stamps.get(label);
  }

  /** Takes note of the stamp that a label had at `mark`. What was so before the present mark may have changed since. */
  set(label: string, stamp: Stamp, mark: Mark): void {
    if (mark.epoch !== this.#mark?.epoch || mark.seq !== this.#mark.seq) return;
    if (this.#stamps.size >= mostLabels) this.#stamps.clear();
    this.#stamps.set(label, stamp);
  }

  /** Goes on to a mark. `changes` gives the last that led to it. A mark from before says nothing. */
  follow(mark: Mark, changes: () => readonly Change[]): void {
    const last = this.#mark;
    if (last?.epoch !== mark.epoch) this.#stamps.clear();
    else if (mark.seq > last.seq) this.#apply(changes(), last.seq, mark.seq);
    else return;
    this.#mark = mark;
  }

  forget(): void {
    this.#stamps.clear();
  }

  #apply(changes: readonly Change[], from: number, to: number): void {
    const missed = changes.filter(({ seq }) => seq > from && seq <= to);
    if (missed.length !== to - from) {
      this.#stamps.clear();
      return;
    }
    for (const { seq, kind, labels } of missed) {
      for (const label of labels) {
        const stamp = this.#stamps.get(label);
        if (stamp !== undefined) this.#stamps.set(label, { ...stamp, [kind]: seq });
      }
    }
  }
}
