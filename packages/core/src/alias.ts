import type { Entry } from "./entry.ts";

/**
 * Another name of an entry, such as the argument of a call, which leads to it without a look-up. It leads nowhere once
 * the entry is dropped, deleted or replaced, and does not keep it alive then.
 */
export class Alias {
  /** How the key ends that the entry is under. */
  readonly tail: string;
  #entry: Entry | undefined = undefined;

  constructor(tail: string) {
    this.tail = tail;
  }

  get entry(): Entry | undefined {
    const entry = this.#entry;
    // It knows one alias, the last that led to it.
    return entry === undefined || entry.alias !== this ? undefined : entry;
  }

  /** From now on to this one, if its backend tells it when it is dropped. */
  leadTo(entry: Entry): void {
    if (entry.keeper === undefined) return;
    this.#entry = entry;
    entry.alias = this;
  }

  forget(): void {
    this.#entry = undefined;
  }
}
