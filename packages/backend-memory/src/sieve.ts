/** A value in its place: under the tail of its key in the group of its head, and in the order of arrival. */
interface Node {
  readonly value: object;
  /** Whether it was read since the hand last passed it. */
  visited: boolean;
  readonly group: Group;
  readonly tail: string;
  readonly expiresAt: number;
  readonly size: number;
  newer: Node | undefined;
  older: Node | undefined;
}

/** The values whose keys begin alike. */
interface Group {
  readonly head: string;
  readonly nodes: Map<string, Node>;
}

interface Arrival extends Pick<Node, "tail" | "value" | "expiresAt" | "size" | "visited"> {
  readonly head: string;
}

export interface SieveBounds {
  readonly maxSize: number;
  readonly maxEntries: number;
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
  readonly #bounds: SieveBounds;
  readonly #groups = new Map<string, Group>();
  /** The group that was asked for last: as a rule, the next is the same. */
  #last: Group | undefined;
  #newest: Node | undefined;
  #oldest: Node | undefined;
  /** Where the hand goes on; at the oldest if it is nowhere. */
  #hand: Node | undefined;
  /** Where the search for what has expired goes on. */
  #sweep: Node | undefined;
  #entries = 0;
  #size = 0;

  constructor(bounds: SieveBounds) {
    this.#bounds = bounds;
  }

  get entries(): number {
    return this.#entries;
  }

  /** The sizes of all values together. */
  get size(): number {
    return this.#size;
  }

  get(key: string): object | undefined {
    const at = divide(key);
    return this.find(key.slice(0, at), key.slice(at));
  }

  /** As `get` for `head + tail`, if that is where a key is divided; else `undefined`. */
  find(head: string, tail: string): object | undefined {
    const node = this.#group(head)?.nodes.get(tail);
    if (node === undefined) return undefined;
    if (!node.visited) node.visited = true;
    return node.value;
  }

  #group(head: string): Group | undefined {
    if (this.#last?.head === head) return this.#last;
    const group = this.#groups.get(head);
    this.#last = group;
    return group;
  }

  /**
   * What is larger than the bound is not kept, and neither is what it was to replace. `text`: the tail of the key as it
   * will be asked for, if it is that.
   */
  set(key: string, value: object, expiresAt: number, size: number, text?: string): void {
    const at = divide(key);
    const head = key.slice(0, at);
    const tail = text !== undefined && at + text.length === key.length && key.endsWith(text) ? text : key.slice(at);
    const known = this.#groups.get(head)?.nodes.get(tail);
    if (known !== undefined) this.#remove(known);
    if (size > this.#bounds.maxSize) return;
    this.#makeRoom(size);
    this.#add({ head, tail, value, expiresAt, size, visited: known !== undefined });
  }

  delete(key: string): boolean {
    const at = divide(key);
    const node = this.#groups.get(key.slice(0, at))?.nodes.get(key.slice(at));
    if (node !== undefined) this.#remove(node);
    return node !== undefined;
  }

  clear(): void {
    this.#groups.clear();
    this.#last = undefined;
    this.#newest = this.#oldest = this.#hand = this.#sweep = undefined;
    this.#entries = this.#size = 0;
  }

  /** Looks at the next few values on a way from the oldest to the newest, and drops those that have expired by `now`. */
  dropExpired(now: number, steps: number): void {
    for (let step = 0; step < steps; step++) {
      const node = this.#sweep ?? this.#oldest;
      if (node === undefined) return;
      this.#sweep = node.newer;
      if (node.expiresAt <= now) this.#remove(node);
    }
  }

  /** For one more value of this size. */
  #makeRoom(size: number): void {
    const { maxSize, maxEntries } = this.#bounds;
    while (this.#entries > 0 && (this.#size + size > maxSize || this.#entries >= maxEntries)) this.#evict();
  }

  #evict(): void {
    let node = this.#hand ?? this.#oldest;
    while (node?.visited) {
      node.visited = false;
      node = node.newer ?? this.#oldest;
    }
    if (node === undefined) return;
    this.#hand = node.newer;
    this.#remove(node);
  }

  #add({ head, tail, value, expiresAt, size, visited }: Arrival): void {
    let group = this.#groups.get(head);
    if (group === undefined) {
      group = { head, nodes: new Map() };
      this.#groups.set(head, group);
    }
    const older = this.#newest;
    const node: Node = { value, visited, group, tail, expiresAt, size, newer: undefined, older };
    if (older === undefined) this.#oldest = node;
    else older.newer = node;
    this.#newest = node;
    group.nodes.set(tail, node);
    this.#entries++;
    this.#size += size;
  }

  #remove(node: Node): void {
    const { group, newer, older } = node;
    if (newer === undefined) this.#newest = older;
    else newer.older = older;
    if (older === undefined) this.#oldest = newer;
    else older.newer = newer;
    if (this.#hand === node) this.#hand = newer;
    if (this.#sweep === node) this.#sweep = newer;
    group.nodes.delete(node.tail);
    if (group.nodes.size === 0) {
      this.#groups.delete(group.head);
      this.#last = undefined;
    }
    this.#entries--;
    this.#size -= node.size;
  }
}

/** Where the tail of a key begins. Any rule would be right, as long as it is always the same. */
function divide(key: string): number {
  return key.indexOf(":", key.indexOf(":") + 1) + 1;
}
