/**
 * Writes that came to no end in time. They may still arrive, after the key was deleted or set by hand, and cannot be
 * called back; but what they bring can be made void by one of its labels.
 */
export class LateWrites {
  /** By key, a label of each. */
  readonly #labels = new Map<string, string[]>();

  get size(): number {
    return this.#labels.size;
  }

  add(key: string, label: string): void {
    const labels = this.#labels.get(key);
    if (labels === undefined) this.#labels.set(key, [label]);
    else labels.push(label);
  }

  /** The labels that make void what may still arrive; none if nothing may. */
  of(key: string): readonly string[] {
    return [...(this.#labels.get(key) ?? [])];
  }

  /** One has arrived after all, or was made void: nothing of it is still to come. */
  over(key: string, label: string): void {
    const labels = this.#labels.get(key);
    const index = labels?.indexOf(label) ?? -1;
    if (labels === undefined || index < 0) return;
    labels.splice(index, 1);
    if (labels.length === 0) this.#labels.delete(key);
  }

  clear(): void {
    this.#labels.clear();
  }
}
