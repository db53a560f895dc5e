import type { Mark, ObjectBackend, Versions, Watch } from "./backend.ts";
import { Entry, sizeOfEncoded } from "./entry.ts";
import { keptEncoded, type Packing } from "./packing.ts";
import { isPromise } from "./promise.ts";
import { PurgeLog } from "./purge-log.ts";
import { judgeValidity } from "./validity.ts";

/** A backend that can stand in front of another one. */
export type NearBackend = ObjectBackend & { clear(): void };

/**
 * Copies of entries in this process, in front of the backend that all processes share. A copy is served while it is
 * known, from what the shared backend tells, that nothing has happened to it; whenever that is not known, the shared
 * backend is asked.
 */
export class Near {
  readonly #backend: NearBackend;
  readonly #watch: Watch;
  /** The keys that were changed, counted, so that what was read before is not kept after. */
  readonly #changes = new PurgeLog();

  constructor(backend: NearBackend, versions: Required<Pick<Versions, "watch">>) {
    this.#backend = backend;
    this.#watch = versions.watch({
      changed: (key) => this.drop(key),
      lost: () => this.clear(),
    });
  }

  /** Up to when it is known what was invalidated; `undefined` when that is not known. */
  get current(): Mark | undefined {
    return this.#watch.current;
  }

  /** As `ObjectBackend.find`. */
  find(head: string, tail: string): object | undefined {
    return this.#backend.find?.(head, tail);
  }

  /** The copy of an entry, if it is there and known to be valid. */
  get(key: string): Entry | undefined {
    const { current } = this;
    const found = current && this.#backend.get(key);
    if (found === undefined || isPromise(found)) return undefined;
    const entry = found as Entry;
    if (entry.checkedAt === current) return entry;
    const reading = this.#watch.read(entry.labels);
    if (reading === undefined || judgeValidity(entry.mark, reading) !== "valid") return undefined;
    entry.checkedAt = current;
    return entry;
  }

  /** A moment to be given to `keep`: before the entry is read from the shared backend. */
  get moment(): number {
    return this.#changes.count;
  }

  /** Keeps a copy of an entry that was just read from the shared backend, for the rest of its time. */
  keep(entry: Entry, packing: Packing, moment: number): void {
    if (this.current === undefined || this.#changes.touchedSince(moment, [entry.key])) return;
    const { key, freshUntil } = entry;
    const copy = copyOf(entry, packing);
    const done = this.#backend.set(key, copy, { expiresAt: freshUntil, size: copy.size });
    if (isPromise(done)) done.catch(() => {});
  }

  /** Forgets a key, and keeps what was read before from being kept. */
  drop(key: string): void {
    this.#changes.add([key]);
    const done = this.#backend.delete(key);
    if (isPromise(done)) done.catch(() => {});
  }

  /** Forgets everything. */
  clear(): void {
    this.#changes.addAll();
    this.#backend.clear();
  }

  close(): void | Promise<void> {
    this.#watch.close();
    return this.#backend.close();
  }
}

/** The entry as it is kept in this process: apart from the buffer it came in, and decoded if all readers share it. */
function copyOf(entry: Entry, packing: Packing): Entry {
  const { payload } = entry;
  if (payload === undefined) return entry;
  // Of the same class, which coders may rely on; the own `slice` of a `Buffer` copies nothing.
  const own = typeof payload === "string" ? payload : Uint8Array.prototype.slice.call(payload);
  if (!packing.shared) return keptEncoded(entry, own);
  const copy = new Entry(entry, own, undefined, sizeOfEncoded(own));
  return entry.coder === packing.coder ? packing.pack(packing.unpack(copy), copy, false) : copy;
}
