import type { Backend, Mark, Versions } from "./backend.ts";
import { Breaker, type BreakerOptions } from "./breaker.ts";
import type { Clock } from "./clock.ts";
import { Deadline } from "./deadline.ts";
import { Debts } from "./debts.ts";
import type { Entry } from "./entry.ts";
import { CachetteError, isCachetteError } from "./errors.ts";
import type { BackendOperation } from "./events.ts";
import { decodeFrame, encodeFrame } from "./frame.ts";
import { everything, sameLabels } from "./labels.ts";
import type { Packing } from "./packing.ts";
import { isPromise } from "./promise.ts";
import type { Telemetry } from "./telemetry.ts";
import { judgeValidity } from "./validity.ts";

/** What a read found when it was no fresh entry. */
export interface Lookup {
  readonly kind: "lookup";
  /** The mark to load from; `undefined` when the backend could not be asked, and then nothing may be stored. */
  readonly mark: Mark | undefined;
  /** The store's generation when the read began, see `Store.generation`. */
  readonly generation: number;
}

export interface StoreOptions {
  readonly backend: Backend;
  readonly prefix: string;
  readonly clock: Clock;
  readonly telemetry: Telemetry;
  /** Milliseconds that any call to the backend may take. */
  readonly deadline: number;
  readonly breaker: BreakerOptions;
}

/**
 * The one place that deals with a backend: it frames entries, judges what comes back, and survives faults. A failed
 * read is a miss and an event, a failed write is an event; only a purge that failed is reported to the caller, and it
 * is remembered: until it has been carried out, everything the backend holds counts as missing.
 */
export class Store {
  /**
   * Counts purges made through this store, those that failed included. Tells whether two moments can be taken for one
   * when the backend, and with it the mark, is out of reach.
   */
  generation = 0;

  readonly #backend: Backend;
  readonly #versions: Versions;
  readonly #clock: Clock;
  readonly #telemetry: Telemetry;
  readonly #deadline: Deadline;
  readonly #breaker: Breaker;
  readonly #debts = new Debts(everything);
  #settling: Promise<void> | undefined;

  constructor(options: StoreOptions) {
    this.#backend = options.backend;
    this.#versions = options.backend.versions(options.prefix);
    this.#clock = options.clock;
    this.#telemetry = options.telemetry;
    this.#deadline = new Deadline(options.clock, options.deadline);
    this.#breaker = new Breaker(options.clock, options.breaker, (state) => this.#telemetry.breaker(state));
  }

  /** Whether entries must be packed as bytes. */
  get bytesOnly(): boolean {
    return this.#backend.holds === "bytes";
  }

  /**
   * The fresh, valid entry under `key`, or what a load needs to know. `labels` are those that entries of this use
   * usually carry: they are looked up along with the key, in the same round trip. Answers at once where the backend
   * does, never throws, and takes no longer than the deadline.
   */
  read(key: string, labels: readonly string[], packing: Packing): Entry | Lookup | Promise<Entry | Lookup> {
    const current = this.#versions.current;
    if (current === undefined || this.#owing || !this.#breaker.closed) return this.#readAfar(key, labels, packing);
    try {
      const found = this.#backend.get(key);
      if (isPromise(found)) return this.#readAfar(key, labels, packing, found);
      const entry = this.#open(found, key, packing);
      if (entry === undefined || entry.freshUntil <= this.#clock.now()) return this.#miss(current, this.generation);
      if (entry.checkedAt !== current) {
        const reading = this.#versions.read(entry.labels);
        if (isPromise(reading)) return this.#readAfar(key, labels, packing);
        if (judgeValidity(entry.mark, reading) !== "valid") return this.#miss(current, this.generation);
        entry.checkedAt = current;
      }
      return entry;
    } catch (error) {
      return this.#miss(this.#fault("get", error, key), this.generation);
    }
  }

  /** Whether what was loaded from `mark` on is still untouched by any purge. `false` also when nobody can tell. */
  async isValid(mark: Mark, labels: readonly string[]): Promise<boolean> {
    try {
      const reading = await this.#deadline.race(this.#versions.read(labels));
      return judgeValidity(mark, reading) !== "void";
    } catch (error) {
      this.#fault("read-labels", error);
      return false;
    }
  }

  /** The mark for a value that is put in without a load; `undefined` when the backend cannot be asked. */
  async mark(labels: readonly string[]): Promise<Mark | undefined> {
    if (!this.#breaker.allows()) return undefined;
    try {
      while (this.#owing) await this.#settle();
      const { mark } = await this.#deadline.race(this.#versions.read(labels));
      this.#breaker.succeeded();
      return mark;
    } catch (error) {
      return this.#fault("read-labels", error);
    }
  }

  /**
   * Makes labels known to the backend that nobody asked for before a load, as only its result named them. A backend
   * that may forget takes a label without a record for one that was invalidated just now: met for the first time by the
   * first hit, it would make the entry void as soon as anything at all had been invalidated in between.
   */
  introduce(labels: readonly string[]): void {
    if (this.#owing || !this.#breaker.closed) return;
    try {
      const reading = this.#versions.read(labels);
      if (isPromise(reading)) this.#deadline.race(reading).catch((error) => this.#fault("read-labels", error));
    } catch (error) {
      this.#fault("read-labels", error);
    }
  }

  /** Says whether the entry was written. Never throws; answers at once where the backend does. */
  write(entry: Entry): boolean | Promise<boolean> {
    if (this.#owing || !this.#breaker.closed) return false;
    try {
      const done = this.#put(entry);
      if (isPromise(done)) {
        return this.#deadline.race(done).then(
          () => this.#written(entry),
          (error: unknown) => this.#fault("set", error, entry.key) ?? false,
        );
      }
      return this.#written(entry);
    } catch (error) {
      return this.#fault("set", error, entry.key) ?? false;
    }
  }

  /** Removes one entry. Rejects with `INVALIDATION_PENDING` if that could not be done yet. */
  async remove(key: string): Promise<boolean> {
    this.generation++;
    try {
      const removed = await this.#deadline.race(this.#backend.delete(key));
      this.#telemetry.delete(key);
      return removed;
    } catch (error) {
      this.#debts.addKey(key);
      throw this.#pending("delete", error, key);
    }
  }

  /** What is under `key` must not be served again, although nobody waits for its removal. */
  distrust(key: string): void {
    this.#debts.addKey(key);
  }

  /** Makes void (hard) or stale (soft) what carries any of `labels`. Rejects as `remove` does. */
  async invalidate(labels: readonly string[], kind: "hard" | "soft"): Promise<void> {
    this.generation++;
    try {
      await this.#deadline.race(this.#versions.advance(labels, kind));
    } catch (error) {
      this.#debts.addLabels(labels, kind);
      throw this.#pending("invalidate", error);
    }
  }

  /** Whether the backend answers within the deadline. */
  async ping(): Promise<boolean> {
    try {
      await this.#deadline.race<unknown>(this.#backend.ping?.() ?? this.#versions.read([]));
      return true;
    } catch (error) {
      this.#fault("ping", error);
      return false;
    }
  }

  async close(): Promise<void> {
    await this.#backend.close();
  }

  async #readAfar(
    key: string,
    labels: readonly string[],
    packing: Packing,
    started?: Promise<object | undefined>,
  ): Promise<Entry | Lookup> {
    const { generation } = this;
    if (started === undefined && !this.#breaker.allows()) return this.#miss(undefined, generation);
    try {
      const result = await this.#deadline.race(this.#lookUp(key, labels, packing, generation, started));
      this.#breaker.succeeded();
      return result;
    } catch (error) {
      return this.#miss(this.#fault("get", error, key), generation);
    }
  }

  async #lookUp(
    key: string,
    labels: readonly string[],
    packing: Packing,
    generation: number,
    started: Promise<object | undefined> | undefined,
  ): Promise<Entry | Lookup> {
    while (this.#owing) await this.#settle();
    const [found, usual] = await Promise.all([started ?? this.#backend.get(key), this.#versions.read(labels)]);
    const entry = this.#open(found, key, packing);
    if (entry === undefined || entry.freshUntil <= this.#clock.now()) return this.#miss(usual.mark, generation);
    const reading = sameLabels(entry.labels, labels) ? usual : await this.#versions.read(entry.labels);
    return judgeValidity(entry.mark, reading) === "valid" ? entry : this.#miss(usual.mark, generation);
  }

  /** What the backend gave as an entry, if it is one and ours. */
  #open(found: object | undefined, key: string, packing: Packing): Entry | undefined {
    if (found === undefined) return undefined;
    let entry = found as Entry;
    if (this.#backend.holds === "bytes") {
      try {
        entry = decodeFrame(found as Uint8Array);
      } catch (error) {
        this.#telemetry.decodeError(key, error);
        return undefined;
      }
    }
    return entry.key === key && entry.coder === packing.coder ? entry : undefined;
  }

  #put(entry: Entry): void | Promise<void> {
    const { key, expiresAt, size } = entry;
    if (this.#backend.holds === "objects") return this.#backend.set(key, entry, { expiresAt, size });
    const frame = encodeFrame(entry);
    return this.#backend.set(key, frame, { expiresAt, size: key.length + frame.length });
  }

  #written(entry: Entry): true {
    this.#telemetry.store(entry.key, entry.freshUntil - entry.storedAt, entry.size);
    return true;
  }

  /** Whether a purge is still to be carried out, or is being carried out just now. */
  get #owing(): boolean {
    return this.#debts.pending || this.#settling !== undefined;
  }

  /** Carries out the purges that are owed; all who come meanwhile wait for the same attempt. */
  #settle(): Promise<void> {
    this.#settling ??= this.#deadline.race(this.#pay()).finally(() => {
      this.#settling = undefined;
    });
    return this.#settling;
  }

  async #pay(): Promise<void> {
    const debts = this.#debts.take();
    try {
      if (debts.hard.size > 0) await this.#versions.advance([...debts.hard], "hard");
      if (debts.soft.size > 0) await this.#versions.advance([...debts.soft], "soft");
      await Promise.all([...debts.keys].map((key) => this.#backend.delete(key)));
    } catch (error) {
      this.#debts.restore(debts);
      throw error;
    }
  }

  #miss(mark: Mark | undefined, generation: number): Lookup {
    return { kind: "lookup", mark, generation };
  }

  #fault(operation: BackendOperation, cause: unknown, key?: string): undefined {
    this.#breaker.failed();
    this.#telemetry.backendError(operation, asBackendError(operation, this.#backend.name, cause), key);
  }

  #pending(operation: BackendOperation, cause: unknown, key?: string): CachetteError {
    this.#fault(operation, cause, key);
    return new CachetteError({
      code: "INVALIDATION_PENDING",
      message: `The purge did not reach the backend "${this.#backend.name}". It is remembered, and carried out before this process reads from that backend again`,
      cause,
    });
  }
}

function asBackendError(operation: string, backend: string, cause: unknown): CachetteError {
  if (isCachetteError(cause)) return cause;
  return new CachetteError({
    code: "BACKEND_FAILED",
    message: `The backend "${backend}" failed at ${operation}`,
    cause,
  });
}
