import type { Backend, Leases, Versions } from "./backend.ts";
import type { Entry } from "./entry.ts";
import { isCachetteError } from "./errors.ts";
import { encodeFrame } from "./frame.ts";
import type { Guard } from "./guard.ts";
import { everything } from "./labels.ts";
import { LateWrites } from "./late-writes.ts";
import type { Lease } from "./lease.ts";
import { isPromise } from "./promise.ts";
import type { Telemetry } from "./telemetry.ts";

/** More late writes than this are not told apart any more. */
const mostLateWrites = 1000;

export interface WriterParts {
  readonly backend: Backend;
  readonly versions: Versions;
  readonly leases: Leases | undefined;
  readonly guard: Guard;
  readonly telemetry: Telemetry;
  /** Is told when so many writes are late that everything has to be made void. */
  readonly onOverflow: () => void;
}

/** What gives a write its right: a lease, which it may leave in place, or somebody's word. */
export type Title =
  /** `tell`: it takes the place of an entry of which there may be copies. */
  { readonly lease: Lease | undefined; readonly keep: boolean; readonly tell: boolean } | "by hand";

/**
 * Writes and removals, in such an order that what was removed stays removed: a backend may carry out in any order what
 * it is asked to do at the same time, and what it did not answer in time, whenever it likes.
 */
export class Writer {
  readonly #backend: Backend;
  readonly #versions: Versions;
  /** By which keys are changed where several processes change them. */
  readonly #leases: Leases | undefined;
  readonly #guard: Guard;
  readonly #telemetry: Telemetry;
  readonly #onOverflow: () => void;
  /** Writes under way, by key, one for each. */
  readonly #writing = new Map<string, Promise<boolean>>();
  readonly #late = new LateWrites();

  constructor({ backend, versions, leases, guard, telemetry, onOverflow }: WriterParts) {
    this.#backend = backend;
    this.#versions = versions;
    this.#leases = leases;
    this.#guard = guard;
    this.#telemetry = telemetry;
    this.#onOverflow = onOverflow;
  }

  /** Says whether the entry was written. Never throws; answers at once where the backend does. */
  write(entry: Entry, title: Title): boolean | Promise<boolean> {
    const { key } = entry;
    const before = this.#writing.get(key);
    if (before !== undefined) return before.then(() => this.write(entry, title));
    try {
      const done = this.#put(entry, title);
      if (!isPromise(done)) return this.#written(entry);
      const written = this.#guard.race(done).then(
        (stored) => (stored === false ? this.#superseded(entry) : this.#written(entry)),
        (error: unknown) => this.#failed(entry, error, this.#isFenced(entry, title) ? undefined : done),
      );
      this.#writing.set(key, written);
      written.then(() => this.#writing.delete(key));
      return written;
    } catch (error) {
      return this.#failed(entry, error);
    }
  }

  /** Removes a key; no write from before can come after that. Rejects or throws as the backend does. */
  remove(key: string): boolean | Promise<boolean> {
    return this.isQuiet(key) ? this.#delete(key) : this.quieten(key).then(() => this.#delete(key));
  }

  #delete(key: string): boolean | Promise<boolean> {
    return this.#leases === undefined ? this.#backend.delete(key) : this.#leases.remove(key);
  }

  /** Whether no write of a key is under way, or was given up that may still arrive. */
  isQuiet(key: string): boolean {
    return !this.#writing.has(key) && !this.#late.has(key);
  }

  /** Sees to it that what is found under a key from now on was not written before. */
  async quieten(key: string): Promise<void> {
    for (let write = this.#writing.get(key); write !== undefined; write = this.#writing.get(key)) await write;
    const late = this.#late.of(key);
    if (late.length === 0) return;
    await this.#versions.advance(late, "hard");
    for (const label of late) this.#late.over(key, label);
  }

  #put(entry: Entry, title: Title): unknown {
    const { key, expiresAt, size } = entry;
    if (this.#backend.holds === "objects") return this.#backend.set(key, entry, { expiresAt, size });
    const frame = encodeFrame(entry);
    const options = { expiresAt, size: key.length + frame.length };
    if (this.#leases === undefined) return this.#backend.set(key, frame, options);
    if (title === "by hand") return this.#leases.put(key, frame, options);
    const { lease, keep, tell } = title;
    // What belongs under another key than the one that was looked up is only found by way of that one.
    if (lease?.key !== key) return this.#backend.set(key, frame, options);
    const filled = this.#leases.fill(key, frame, { ...options, owner: lease.owner, keep, tell });
    return keep
      ? filled
      : filled.then((stored) => {
          lease.end();
          return stored;
        });
  }

  #written(entry: Entry): true {
    this.#telemetry.store(entry.key, entry.freshUntil - entry.storedAt, entry.size);
    return true;
  }

  /** Whether a removal keeps this write from being carried out late: then it need not be expected. */
  #isFenced({ key }: Entry, title: Title): boolean {
    return this.#leases !== undefined && title !== "by hand" && title.lease?.key === key;
  }

  /** Somebody else has put or removed the key meanwhile, or has taken the lease over. */
  #superseded(entry: Entry): false {
    this.#telemetry.refuse(entry.key, "superseded");
    return false;
  }

  #failed(entry: Entry, error: unknown, done?: unknown): false {
    const { key } = entry;
    if (isCachetteError(error, "ENCODE_UNSUPPORTED")) {
      this.#telemetry.encodeError(key, error);
      return false;
    }
    this.#guard.failed("set", error, key);
    if (isPromise(done) && isCachetteError(error, "BACKEND_TIMEOUT")) this.#expect(entry, done);
    return false;
  }

  /** Takes note of a write that may still arrive. */
  #expect({ key, labels }: Entry, done: Promise<unknown>): void {
    // The last label is the one that the fewest other entries carry.
    const label = labels.at(-1) ?? everything;
    this.#late.add(key, label);
    done.then(
      () => this.#late.over(key, label),
      // Where the connection broke, what was sent on it may still be carried out.
      () => {},
    );
    if (this.#late.size <= mostLateWrites) return;
    this.#late.clear();
    this.#onOverflow();
  }
}
