/** More than this and one debt that covers all of them is kept instead, so that an outage cannot fill the memory. */
const mostDebts = 1000;

/**
 * Purges that did not reach the backend. As long as there are any, nothing that the backend holds can be trusted: what
 * it would give may be exactly what was to be removed.
 */
export class Debts {
  /** The label that every entry of the cache carries. */
  readonly #everything: string;
  hard = new Set<string>();
  soft = new Set<string>();
  keys = new Set<string>();

  constructor(everything: string) {
    this.#everything = everything;
  }

  /** Whether there are any. */
  pending = false;

  addLabels(labels: readonly string[], kind: "hard" | "soft"): void {
    for (const label of labels) this[kind].add(label);
    this.#bound();
  }

  addKey(key: string): void {
    this.keys.add(key);
    this.#bound();
  }

  /** Takes over all debts, leaving none; the caller pays them or hands them back with `restore`. */
  take(): Debts {
    const taken = new Debts(this.#everything);
    [taken.hard, taken.soft, taken.keys] = [this.hard, this.soft, this.keys];
    [this.hard, this.soft, this.keys] = [new Set(), new Set(), new Set()];
    this.pending = false;
    return taken;
  }

  restore(debts: Debts): void {
    this.addLabels([...debts.hard], "hard");
    this.addLabels([...debts.soft], "soft");
    for (const key of debts.keys) this.addKey(key);
  }

  #bound(): void {
    const size = this.hard.size + this.soft.size + this.keys.size;
    this.pending = size > 0;
    if (size <= mostDebts) return;
    this.hard = new Set([this.#everything]);
    this.soft.clear();
    this.keys.clear();
  }
}
