import { memoryBackend } from "../../backend-memory/src/index.ts";
import { type FaultyBackend, faultyBackend, type ManualClock, manualClock } from "../../testing/src/index.ts";
import type { ByteBackend, Cache, CacheEvent, CacheOptions, Clock } from "../src/index.ts";
import { createCache } from "../src/index.ts";

/** A backend that holds bytes, in this process. */
export function byteBackend(clock?: Clock): ByteBackend & { readonly stored: Map<string, Uint8Array> } {
  const stored = new Map<string, Uint8Array>();
  const memory = memoryBackend(clock === undefined ? { maxEntries: 10 } : { maxEntries: 10, clock });
  return {
    name: "bytes",
    holds: "bytes",
    stored,
    get: (key) => stored.get(key),
    set: (key, value) => {
      stored.set(key, value.slice());
    },
    delete: (key) => stored.delete(key),
    versions: (scope) => memory.versions(scope),
    close: () => {},
  };
}

export const kinds = ["memory", "bytes", "remote"] as const;
export type Kind = (typeof kinds)[number];

export interface Rig {
  readonly cache: Cache;
  readonly clock: ManualClock;
  readonly events: CacheEvent[];
  /** Types of the events so far, in their order; and forgets them. */
  told(): string[];
}

export interface FaultyRig extends Rig {
  readonly backend: FaultyBackend;
  readonly faults: FaultyBackend["faults"];
}

type Options = Partial<CacheOptions>;

/** A cache on memory, on bytes in this process, or on bytes far away. */
export function rig(kind: Kind = "memory", options: Options = {}): Rig {
  const clock = manualClock();
  if (kind === "memory") return around(memoryBackend({ maxEntries: 100_000, clock }), clock, options);
  if (kind === "bytes") return around(byteBackend(clock), clock, options);
  return around(faultyBackend(byteBackend(clock), { clock, remote: true }), clock, options);
}

/** A cache on a backend far away that can be made to fail. */
export function faultyRig(options: Options = {}, inner: Kind = "bytes"): FaultyRig {
  const clock = manualClock();
  const within = inner === "memory" ? memoryBackend({ maxEntries: 100_000, clock }) : byteBackend(clock);
  const backend = faultyBackend(within, { clock, remote: true });
  return { ...around(backend, clock, options), backend, faults: backend.faults };
}

function around(backend: CacheOptions["backend"], clock: ManualClock, options: Options): Rig {
  const events: CacheEvent[] = [];
  const cache = createCache({ backend, clock, onEvent: (event) => events.push(event), ...options });
  return { cache, clock, events, told: () => events.splice(0).map(({ type }) => type) };
}

/** A promise and its two ends. */
export function deferred<T>() {
  let resolve!: (value: T) => void;
  let reject!: (error: unknown) => void;
  const promise = new Promise<T>((onValue, onError) => {
    [resolve, reject] = [onValue, onError];
  });
  return { promise, resolve, reject };
}

/** Lets everything run that waits for nothing but its turn. */
export function settled(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

/** A load that counts its runs, and gives their number. */
export function counter() {
  const load = Object.assign(async () => ++load.runs, { runs: 0 });
  return load;
}
