import type { Keepable } from "@cachette/core";

/** When a group has a front, and what is in it. */
export interface FrontOptions {
  /** A group has one as soon as it has so many values, until it has less than half as many. */
  readonly from: number;
  /** How many values are in front at most. */
  readonly most: number;
  /** Of the values that are asked for and not in front, every so-manieth is put there. */
  readonly every: number;
}

/**
 * Measured: among fewer values, a second look-up costs what it saves; more in front would take more than it saves. A prime
 * number, so that what is asked for in turn does not keep in step with it.
 */
const frontOptions: FrontOptions = { from: 2 ** 18, most: 2 ** 14, every: 31 };

/**
 * The values whose keys begin alike.
 *
 * In a large `Map`, a look-up reads from three places far apart: the bucket, its row, the key to compare with. So a large
 * group keeps those that are asked for often in a small map as well, under copies of their keys, all close together. They
 * get there as one of those fetched behind it is, every now and then; when the front is full, it begins anew.
 */
export class Group {
  readonly head: string;
  readonly #options: FrontOptions;
  readonly #values = new Map<string, Keepable>();
  /** Some of `#values`, under copies of their keys; never one that is not among them. */
  #front: Map<string, Keepable> | undefined;
  /** How many were fetched since one was put in front. */
  #fetched = 0;

  constructor(head: string, options: FrontOptions = frontOptions) {
    this.head = head;
    this.#options = options;
  }

  get size(): number {
    return this.#values.size;
  }

  /** For a reader, who may ask for the same again. */
  get(tail: string): Keepable | undefined {
    const front = this.#front;
    return front === undefined ? this.#values.get(tail) : (front.get(tail) ?? this.#fetch(front, tail));
  }

  /** As `get`, for who puts or removes it. */
  peek(tail: string): Keepable | undefined {
    return this.#values.get(tail);
  }

  /** Adds a value of which there is none by its tail. */
  add(value: Keepable): void {
    this.#values.set(value.tail, value);
    if (this.#values.size === this.#options.from) this.#front ??= new Map();
  }

  delete(tail: string): void {
    this.#values.delete(tail);
    this.#front?.delete(tail);
    if (2 * this.#values.size < this.#options.from) this.#front = undefined;
  }

  #fetch(front: Map<string, Keepable>, tail: string): Keepable | undefined {
    const value = this.#values.get(tail);
    if (value === undefined || ++this.#fetched < this.#options.every) return value;
    this.#fetched = 0;
    if (front.size === this.#options.most) front.clear();
    front.set(copyOf(tail), value);
    return value;
  }
}

/** A text of its own: engines make a part of a text, or a sum of two, one that refers to them and keeps them alive. */
function copyOf(text: string): string {
  return [text.slice(0, 1), text.slice(1)].join("");
}
