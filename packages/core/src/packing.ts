import type { Coder, Encoded } from "./coders/coder.ts";
import { Entry, type EntryFacts, sizeOfEncoded } from "./entry.ts";
import { CachetteError } from "./errors.ts";
import { octets, octetsOfText, textOfOctets } from "./octets.ts";

/** How a value goes into an entry and comes out of it. */
export interface Packing {
  /** Name of the coder, kept in each entry. */
  readonly coder: string;
  /** Whether all readers get the same value. */
  readonly shared: boolean;
  /** Name of a second sort of entry that is not a value by itself but leads to some; read, but not counted as a hit. */
  readonly indexCoder?: string;
  /** Whether the value itself allows that a caller who says so gets it stale. Without this: no. Never throws. */
  mayBeStale?(entry: Entry): boolean;
  /** Milliseconds that the value was old already when it was stored. Without this: 0. Never throws. */
  ageOf?(entry: Entry): number;
  /** Builds the entry, or throws what the coder throws. `bytesOnly`: the backend keeps nothing but bytes. */
  pack(value: unknown, facts: EntryFacts, bytesOnly: boolean): Entry;
  /** The value for one reader, or throws what the coder throws. */
  unpack(entry: Entry): unknown;
}

/** Every reader gets a value of its own, decoded from the payload: what it does to it, nobody else sees. */
export function copyPacking(coder: Coder): Packing {
  return {
    coder: coderName(coder),
    shared: false,
    pack(value, facts, bytesOnly) {
      const payload = encode(coder, value);
      return bytesOnly ? new Entry(facts, payload, undefined, sizeOfEncoded(payload)) : keptEncoded(facts, payload);
    },
    // Another use of the same key may have stored a value to be shared.
    unpack: (entry) => coder.decode(encodedIn(entry) ?? coder.encode(entry.live)),
  };
}

/** An entry for a backend in this process, of what a coder has made. */
export function keptEncoded(facts: EntryFacts, encoded: Encoded): Entry {
  const text = typeof encoded === "string" ? undefined : textOfOctets(encoded);
  return text === undefined
    ? new Entry(facts, encoded, undefined, sizeOfEncoded(encoded))
    : new Entry(facts, text, octets, text.length);
}

/** What the coder has made; `undefined` where the entry holds a value that is shared. */
function encodedIn({ payload, live }: Entry): Encoded | undefined {
  return live === octets ? octetsOfText(payload as string) : payload;
}

/**
 * All readers get one and the same value, made unchangeable by `seal`. A backend in this process keeps that value, and
 * nothing is decoded on a hit. It has gone through the coder once all the same, so that its types are those that come
 * back from anywhere.
 */
export function sharedPacking(coder: Coder, seal: (value: unknown) => unknown): Packing {
  return {
    coder: coderName(coder),
    shared: true,
    pack(value, facts, bytesOnly) {
      const payload = encode(coder, value);
      const size = sizeOfEncoded(payload);
      if (bytesOnly) return new Entry(facts, payload, undefined, size);
      return new Entry(facts, undefined, seal(coder.decode(payload)), liveFactor * size);
    },
    unpack(entry) {
      const encoded = encodedIn(entry);
      return encoded === undefined ? entry.live : seal(coder.decode(encoded));
    },
  };
}

/** Objects take about this many times the memory of their encoded form. */
const liveFactor = 3;

/** A promise, as of a coder that was made asynchronous by mistake, would be stored as if it were the value. */
function encode(coder: Coder, value: unknown): Encoded {
  const encoded: unknown = coder.encode(value);
  if (typeof encoded === "string" || isBytes(encoded)) return encoded;
  throw new CachetteError({
    code: "ENCODE_UNSUPPORTED",
    option: "coder.encode",
    expected: "text or bytes",
    received: encoded,
  });
}

/** Also those of another realm, where some test runners run what they test. */
function isBytes(value: unknown): value is Uint8Array {
  return ArrayBuffer.isView(value) && Object.prototype.toString.call(value) === "[object Uint8Array]";
}

function coderName(coder: Coder): string {
  return coder.name ?? "custom";
}
