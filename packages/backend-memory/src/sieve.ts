import type { Keepable } from "@cachette/core";
import { type FrontOptions, Group } from "./group.ts";

export interface SieveOptions {
  readonly maxSize: number;
  readonly maxEntries: number;
  /** What large groups keep in front; see `Group`. */
  readonly front?: FrontOptions;
}

/**
 * Values bounded by their sizes and their number, with SIEVE to choose which go (Zhang et al., "SIEVE is Simpler than
 * LRU", NSDI 2024): a hand wanders from the oldest to the newest, spares what was read since it last came by, and takes
 * the first that was not. A read only sets a mark, where an order of use would have to be rearranged; and what is read
 * but once does not push out what is read often.
 *
 * Keys are kept in two parts, divided after the second colon, which is where those of a cache have their namespace
 * behind them: whoever has the parts need not put them together to look something up.
 */
export class Sieve {
  readonly #options: SieveOptions;
  readonly #groups = new Map<string, Group>();
  /** The group that was asked for last: as a rule, the next is the same. */
  #last: Group | undefined;
  #newest: Keepable | undefined;
  #oldest: Keepable | undefined;
  /** Where the hand goes on; at the oldest if it is nowhere. */
  #hand: Keepable | undefined;
  /** Where the search for what has expired goes on. */
  #sweep: Keepable | undefined;
  #entries = 0;
  #size = 0;

  constructor(options: SieveOptions) {
    this.#options = options;
  }

  get entries(): number {
    return this.#entries;
  }

  /** The sizes of all values together. */
  get size(): number {
    return this.#size;
  }

  get(key: string): Keepable | undefined {
    const at = divide(key);
    return this.find(key.slice(0, at), key.slice(at));
  }

  /** As `get` for `head + tail`, if that is where a key is divided; else `undefined`. */
  find(head: string, tail: string): Keepable | undefined {
    const value = this.#group(head)?.get(tail);
    if (value !== undefined && !value.read) value.read = true;
    return value;
  }

  #group(head: string): Group | undefined {
    if (this.#last?.head === head) return this.#last;
    const group = this.#groups.get(head);
    this.#last = group;
    return group;
  }

  /**
   * Keeps a value that nobody keeps, in place of what has its key. What is larger than the bound is not kept, and neither
   * is what it was to replace.
   */
  add(value: Keepable): void {
    const known = this.#groups.get(value.head)?.peek(value.tail);
    if (known !== undefined) this.#remove(known);
    if (value.size > this.#options.maxSize) return;
    this.#makeRoom(value.size);
    value.read = known !== undefined;
    this.#insert(value);
  }

  delete(key: string): boolean {
    const at = divide(key);
    const value = this.#groups.get(key.slice(0, at))?.peek(key.slice(at));
    if (value !== undefined) this.#remove(value);
    return value !== undefined;
  }

  clear(): void {
    let value = this.#oldest;
    while (value !== undefined) {
      const { newer } = value;
      letGo(value);
      value = newer;
    }
    this.#groups.clear();
    this.#last = undefined;
    this.#newest = this.#oldest = this.#hand = this.#sweep = undefined;
    this.#entries = this.#size = 0;
  }

  /** Looks at the next few values on a way from the oldest to the newest, and drops those that have expired by `now`. */
  dropExpired(now: number, steps: number): void {
    for (let step = 0; step < steps; step++) {
      const value = this.#sweep ?? this.#oldest;
      if (value === undefined) return;
      this.#sweep = value.newer;
      if (value.expiresAt <= now) this.#remove(value);
    }
  }

  /** For one more value of this size. */
  #makeRoom(size: number): void {
    const { maxSize, maxEntries } = this.#options;
    while (this.#entries > 0 && (this.#size + size > maxSize || this.#entries >= maxEntries)) this.#evict();
  }

  #evict(): void {
    let value = this.#hand ?? this.#oldest;
    while (value?.read) {
      value.read = false;
      value = value.newer ?? this.#oldest;
    }
    if (value === undefined) return;
    this.#hand = value.newer;
    this.#remove(value);
  }

  #insert(value: Keepable): void {
    const { head, size } = value;
    let group = this.#groups.get(head);
    if (group === undefined) {
      group = new Group(head, this.#options.front);
      this.#groups.set(head, group);
    }
    group.add(value);
    const older = this.#newest;
    if (older === undefined) this.#oldest = value;
    else older.newer = value;
    value.older = older;
    value.keeper = this;
    this.#newest = value;
    this.#entries++;
    this.#size += size;
  }

  #remove(value: Keepable): void {
    const { head, tail, size, newer, older } = value;
    if (newer === undefined) this.#newest = older;
    else newer.older = older;
    if (older === undefined) this.#oldest = newer;
    else older.newer = newer;
    if (this.#hand === value) this.#hand = newer;
    if (this.#sweep === value) this.#sweep = newer;
    letGo(value);
    const group = this.#groups.get(head);
    group?.delete(tail);
    if (group?.size === 0) {
      this.#groups.delete(head);
      this.#last = undefined;
    }
    this.#entries--;
    this.#size -= size;
  }
}

/** Whoever still has it must not hold on to its neighbours. */
function letGo(value: Keepable): void {
  value.newer = value.older = value.keeper = undefined;
}

/** Where the tail of a key begins: behind its namespace, as in what a cache gives to be kept. */
export function divide(key: string): number {
  return key.indexOf(":", key.indexOf(":") + 1) + 1;
}
