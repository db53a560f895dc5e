import type { Coder, Encoded } from "./coders/coder.ts";
import { Entry, type EntryFacts, sizeOfEncoded } from "./entry.ts";

/** How a value goes into an entry and comes out of it. */
export interface Packing {
  /** Name of the coder, kept in each entry. */
  readonly coder: string;
  /** Whether all readers get the same value. */
  readonly shared: boolean;
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
    pack(value, facts) {
      const payload = coder.encode(value);
      return new Entry(facts, payload, undefined, sizeOfEncoded(payload));
    },
    unpack: (entry) => coder.decode(entry.payload as Encoded),
  };
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
      const payload = coder.encode(value);
      const size = sizeOfEncoded(payload);
      if (bytesOnly) return new Entry(facts, payload, undefined, size);
      return new Entry(facts, undefined, seal(coder.decode(payload)), liveFactor * size);
    },
    unpack: (entry) => (entry.payload === undefined ? entry.live : seal(coder.decode(entry.payload))),
  };
}

/** Objects take about this many times the memory of their encoded form. */
const liveFactor = 3;

function coderName(coder: Coder): string {
  return coder.name ?? "custom";
}
