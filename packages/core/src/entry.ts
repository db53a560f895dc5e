import type { Alias } from "./alias.ts";
import type { Keepable, Mark } from "./backend.ts";
import type { Encoded } from "./coders/coder.ts";
import { sharedHead } from "./space.ts";

/** The facts of an entry that every backend keeps. Times are milliseconds since the Unix epoch. */
export interface EntryFacts {
  /** The full key, compared on every read: a shortened key or a copied value is found out. */
  readonly key: string;
  /** Name of the coder that made the payload; another coder's entry is a miss, not garbage. */
  readonly coder: string;
  readonly storedAt: number;
  /** Whole milliseconds that its load took; 0 for a value that was put in by hand. */
  readonly loadTime: number;
  readonly freshUntil: number;
  /** Until then it may be served stale while it is loaded anew. */
  readonly staleUntil: number;
  /** Until then it may be served stale in place of an error. */
  readonly errorUntil: number;
  /** From here on the entry is of no use, not even to ask whether it still holds. */
  readonly expiresAt: number;
  /** The mark at which the load began. */
  readonly mark: Mark;
  /** The whole cache, its namespace, its tags. */
  readonly labels: readonly string[];
}

type Times = Pick<EntryFacts, "storedAt" | "freshUntil" | "staleUntil" | "errorUntil" | "expiresAt">;

/** A stored value with its times and labels. Value and facts never change; a new value is a new entry. */
export class Entry implements EntryFacts, Keepable {
  // What a hit looks at comes first, so that it lies together in memory.
  read = false;
  /**
   * The mark at which the labels were last found untouched. While the backend's current mark is this very object,
   * nothing at all has been invalidated since, and the labels need not be looked at.
   */
  checkedAt: Mark | undefined = undefined;
  /** The last tick that ends while it is fresh, as a small number, which lies in the entry itself. */
  readonly freshTick: number;
  /**
   * What was last made of the value for those who get it, for as long as that is the same: a promise, or an answer. Its
   * maker knows what it is.
   */
  shown: unknown = undefined;
  /** The last that led here. */
  alias: Alias | undefined = undefined;
  readonly coder: string;
  /** The value as its coder made it; undefined where only `live` is kept. */
  readonly payload: Encoded | undefined;
  /**
   * What this process keeps in place of a payload: the value itself, shared among readers, or an answer as a text. With a
   * payload: `octets`, if that is a text which stands for octets.
   */
  readonly live: unknown;
  /** Milliseconds since `first`, as `#stored`: a small number lies in the entry itself, others are objects of their own. */
  readonly #fresh: number;
  readonly tail: string;
  readonly head: string;
  newer: Keepable | undefined = undefined;
  older: Keepable | undefined = undefined;
  #keeper: unknown = undefined;
  readonly #stored: number;
  readonly loadTime: number;
  /** Missing where the two above say it all. */
  readonly #times: Times | undefined;
  readonly mark: Mark;
  readonly labels: readonly string[];
  /** An estimate of what the entry takes in memory, in bytes, with its key; 0 where nobody keeps it. */
  readonly size: number;

  /**
   * `valueSize` is what the value takes, in bytes; the rest is added here. None is for an entry that was read and that
   * nobody keeps as it is. `facts.tail`: how the key ends, for an entry that is to be kept by this process.
   */
  constructor(
    facts: EntryFacts & { readonly tail?: string | undefined },
    payload: Encoded | undefined,
    live: unknown,
    valueSize?: number,
  ) {
    const { key, tail = key, storedAt, freshUntil, staleUntil, errorUntil, expiresAt } = facts;
    if (Number.isFinite(storedAt)) first ??= Math.trunc(storedAt);
    this.freshTick = Math.min(Math.floor(ticksAt(freshUntil)), mostTicks);
    this.coder = facts.coder;
    this.payload = payload;
    this.live = live;
    this.tail = tail;
    this.head = tail.length === key.length ? "" : sharedHead(key.slice(0, key.length - tail.length));
    this.loadTime = facts.loadTime;
    const lasts = staleUntil !== freshUntil || errorUntil !== freshUntil || expiresAt !== freshUntil;
    const isBrief = !lasts && isSinceFirst(storedAt) && isSinceFirst(freshUntil);
    this.#stored = isBrief ? sinceFirst(storedAt) : 0;
    this.#fresh = isBrief ? sinceFirst(freshUntil) : 0;
    this.#times = isBrief ? undefined : { storedAt, freshUntil, staleUntil, errorUntil, expiresAt };
    this.mark = facts.mark;
    this.labels = facts.labels;
    this.size = valueSize === undefined ? 0 : entryOverhead + sizeOfText(key) + valueSize;
  }

  get keeper(): unknown {
    return this.#keeper;
  }

  set keeper(keeper: unknown) {
    this.#keeper = keeper;
    if (keeper !== undefined) return;
    this.alias?.forget();
    this.alias = undefined;
  }

  get kind(): "entry" {
    return "entry";
  }

  get key(): string {
    return this.head + this.tail;
  }

  get storedAt(): number {
    return this.#times?.storedAt ?? (first ?? 0) + this.#stored;
  }

  get freshUntil(): number {
    return this.#times?.freshUntil ?? (first ?? 0) + this.#fresh;
  }

  get staleUntil(): number {
    return this.#times?.staleUntil ?? this.freshUntil;
  }

  get errorUntil(): number {
    return this.#times?.errorUntil ?? this.freshUntil;
  }

  get expiresAt(): number {
    return this.#times?.expiresAt ?? this.freshUntil;
  }
}

/** Milliseconds. A number of ticks lies in the entry itself, where one of milliseconds would be an object of its own. */
const tick = 64;
/** What engines keep in place, two years of ticks. Later than this is not told apart. */
const mostTicks = 2 ** 30 - 1;
/** When the first entry of this process was stored: from there on the numbers are small. */
let first: number | undefined;

function sinceFirst(time: number): number {
  return time - (first ?? 0);
}

/** Whether nothing is lost if it is counted from there. */
function isSinceFirst(time: number): boolean {
  return Number.isInteger(time) && (first ?? 0) + sinceFirst(time) === time;
}

/** The time in ticks, of which `freshTick` is one. */
export function ticksAt(time: number): number {
  return sinceFirst(time) / tick;
}

/** Whether it may be served in place of an error. */
export function mayStandIn({ freshUntil, errorUntil }: Entry, now: number): boolean {
  // Purged softly, it may be far from the end of its time; it needs leave to be served stale all the same.
  return errorUntil > Math.max(freshUntil, now);
}

/** Whether two entries of a key, or none, come of one and the same load. */
export function isSameEntry(left: Entry | undefined, right: Entry | undefined): boolean {
  if (left === undefined || right === undefined) return left === right;
  const isAlike = left.storedAt === right.storedAt && left.mark.seq === right.mark.seq;
  return isAlike && isSamePayload(left.payload, right.payload);
}

/** Bytes that were read twice are the same bytes. */
function isSamePayload(left: Encoded | undefined, right: Encoded | undefined): boolean {
  if (left === right) return true;
  if (!(left instanceof Uint8Array && right instanceof Uint8Array)) return false;
  return left.length === right.length && left.every((byte, index) => byte === right[index]);
}

/** What an entry costs beyond its key and value: this object, its place in a map and in the order of use. */
const entryOverhead = 200;

/** What a string takes in memory: engines use one byte a character as long as all of them are Latin-1. */
function sizeOfText(text: string): number {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: the range is that of Latin-1
  return /^[\u0000-\u00ff]*$/.test(text) ? text.length : 2 * text.length;
}

export function sizeOfEncoded(encoded: Encoded): number {
  return typeof encoded === "string" ? sizeOfText(encoded) : encoded.byteLength;
}
