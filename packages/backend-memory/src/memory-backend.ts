import type { BackendSetOptions, ByteSize, Clock, ObjectBackend } from "@cachette/core";
import { invalidOption, systemClock, toBytes } from "@cachette/core";
import { boxed, unboxed } from "./boxed.ts";
import { MemoryVersions } from "./memory-versions.ts";
import { Sieve } from "./sieve.ts";

interface CommonOptions {
  /** Tells which values have expired and may be dropped; that of the machine by default. Give the cache's own. */
  readonly clock?: Clock;
}

/** A bound in bytes, in entries, or both; at least one of them. */
export type MemoryBackendOptions = CommonOptions &
  (
    | {
        /** What all values may take together, with their keys: bytes, or a text such as `"64mb"`. */
        readonly maxBytes: ByteSize;
        /** How many values are kept, at most 16,777,215. */
        readonly maxEntries?: number;
      }
    | { readonly maxBytes?: ByteSize; readonly maxEntries: number }
  );

/** A backend in this process; it answers everything at once. */
export interface MemoryBackend extends ObjectBackend {
  /** How many values it holds. Those that have expired count until they are swept up. */
  readonly size: number;
  /** What they take, in bytes, as the cache that set them has counted. */
  readonly bytes: number;
  get(key: string): object | undefined;
  find(head: string, tail: string): object | undefined;
  set(key: string, value: object, options: BackendSetOptions): void;
  delete(key: string): boolean;
  versions(scope: string): MemoryVersions;
  close(): void;
}

/** What a `Map` can hold in V8. */
const mostEntries = 2 ** 24 - 1;

/** How many values are looked at on each `set` to see whether they have expired. */
const sweepSteps = 4;

/**
 * Keeps entries in the memory of this process and drops what nobody has read for long when the bound is reached.
 *
 * @throws CachetteError `OPTION_INVALID` without a bound, or with one that is no positive number
 */
export function memoryBackend(options: MemoryBackendOptions): MemoryBackend {
  return new SieveBackend(options);
}

class SieveBackend implements MemoryBackend {
  readonly name = "memory";
  readonly holds = "objects";
  readonly #entries: Sieve;
  readonly #clock: Clock;
  readonly #mostLabels: number;
  readonly #versions = new Map<string, MemoryVersions>();
  #closed = false;

  constructor(options: MemoryBackendOptions) {
    const { maxBytes, maxEntries } = boundsOf(options);
    this.#entries = new Sieve({ maxSize: maxBytes ?? Number.POSITIVE_INFINITY, maxEntries: maxEntries ?? mostEntries });
    this.#clock = options.clock ?? systemClock;
    this.#mostLabels = mostLabels(maxBytes, maxEntries);
  }

  get size(): number {
    return this.#entries.entries;
  }

  get bytes(): number {
    return this.#entries.size;
  }

  get(key: string): object | undefined {
    return unboxed(this.#entries.get(key));
  }

  find(head: string, tail: string): object | undefined {
    return unboxed(this.#entries.find(head, tail));
  }

  set(key: string, value: object, options: BackendSetOptions): void {
    if (this.#closed) return;
    const now = this.#clock.now();
    this.#entries.dropExpired(now, sweepSteps);
    if (options.expiresAt > now) this.#entries.add(boxed(key, value, options));
    else this.#entries.delete(key);
  }

  delete(key: string): boolean {
    return this.#entries.delete(key);
  }

  clear(): void {
    this.#entries.clear();
  }

  versions(scope: string): MemoryVersions {
    let versions = this.#versions.get(scope);
    if (versions === undefined) {
      versions = new MemoryVersions(this.#mostLabels);
      this.#versions.set(scope, versions);
    }
    return versions;
  }

  close(): void {
    this.#closed = true;
    this.#entries.clear();
  }
}

interface Bounds {
  readonly maxBytes: number | undefined;
  readonly maxEntries: number | undefined;
}

const optionNames: readonly string[] = ["maxBytes", "maxEntries", "clock"];

/** The types demand a bound, and no names but these, but not every caller is checked by them. */
function boundsOf(options: MemoryBackendOptions): Bounds {
  const given: Partial<MemoryBackendOptions> | null | undefined = options;
  if (typeof given !== "object" || given === null)
    throw invalidOption("options", "maxBytes, maxEntries or both", given);
  for (const name of Object.keys(given)) {
    if (!optionNames.includes(name)) throw invalidOption(name, `one of ${optionNames.join(", ")}`, name);
  }
  const { maxBytes, maxEntries } = given;
  if (maxBytes === undefined && maxEntries === undefined) {
    throw invalidOption("maxBytes", "a bound: maxBytes, maxEntries or both", undefined);
  }
  if (maxEntries !== undefined && !(Number.isInteger(maxEntries) && maxEntries >= 1 && maxEntries <= mostEntries)) {
    throw invalidOption("maxEntries", `a whole number from 1 to ${mostEntries}`, maxEntries);
  }
  const bytes = maxBytes === undefined ? undefined : toBytes(maxBytes, "maxBytes");
  if (bytes === 0) throw invalidOption("maxBytes", "at least one byte", maxBytes);
  return { maxBytes: bytes, maxEntries };
}

/** Labels come on top of the bound. A small backend keeps few of them, so that they never outweigh the values. */
function mostLabels(maxBytes = Number.POSITIVE_INFINITY, maxEntries = Number.POSITIVE_INFINITY): number {
  return Math.min(100_000, Math.max(1_000, Math.min(maxBytes / 1_000, maxEntries * 2)));
}
