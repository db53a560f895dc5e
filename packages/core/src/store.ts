import type { Backend, Mark, Reading, Stamp, Versions } from "./backend.ts";
import { Breaker, type BreakerOptions } from "./breaker.ts";
import type { Clock } from "./clock.ts";
import { Deadline } from "./deadline.ts";
import { Debts } from "./debts.ts";
import type { Entry } from "./entry.ts";
import { CachetteError, isCachetteError } from "./errors.ts";
import type { BackendOperation } from "./events.ts";
import { decodeFrame, encodeFrame } from "./frame.ts";
import { everything, sameLabels } from "./labels.ts";
import { LateWrites } from "./late-writes.ts";
import type { Packing } from "./packing.ts";
import { isPromise } from "./promise.ts";
import type { Telemetry } from "./telemetry.ts";
import { judgeValidity, type Validity } from "./validity.ts";

/** What a read found when it was no fresh entry. */
export interface Lookup {
  readonly kind: "lookup";
  /** The mark to load from; `undefined` when the backend could not be asked, and then nothing may be stored. */
  readonly mark: Mark | undefined;
  /** The store's generation when the read began, see `Store.generation`. */
  readonly generation: number;
  /** What was known of the use's labels at some moment after the read began, where the backend had to be asked. */
  readonly stamps?: readonly Stamp[] | undefined;
  /** An entry that is no longer fresh, or was purged softly, and not expired yet. */
  readonly stale?: Entry | undefined;
}

/** More late writes than this are not told apart any more. */
const mostLateWrites = 1000;

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
   * Changes when a purge made through this store begins and when it ends, well or not. Tells whether two moments can be
   * taken for one when the backend, and with it the mark, is out of reach.
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
  /** Writes under way, by key, one for each. */
  readonly #writing = new Map<string, Promise<boolean>>();
  readonly #lateWrites = new LateWrites();
  #closed = false;

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
    const { generation } = this;
    try {
      const current = this.#versions.current;
      if (current === undefined || this.#owing || !this.#breaker.closed) return this.#readAfar(key, labels, packing);
      const found = this.#backend.get(key);
      if (isPromise(found)) return this.#answer(key, generation, this.#lookUp(key, labels, packing, generation, found));
      const entry = this.#open(found, key, packing);
      this.#breaker.succeeded();
      if (entry === undefined) return miss(current, generation);
      const now = this.#clock.now();
      if (entry.checkedAt !== current) {
        const reading = this.#versions.read(entry.labels);
        if (isPromise(reading)) {
          return this.#answer(
            key,
            generation,
            reading.then((settled) =>
              judged(entry, judgeValidity(entry.mark, settled), now, miss(settled.mark, generation)),
            ),
          );
        }
        const validity = judgeValidity(entry.mark, reading);
        if (validity !== "valid") return judged(entry, validity, now, miss(current, generation));
        entry.checkedAt = current;
      }
      return entry.freshUntil > now ? entry : judged(entry, "valid", now, miss(current, generation));
    } catch (error) {
      return miss(this.#fault("get", error, key), generation);
    }
  }

  /** The mark, if it is known for sure without asking that nothing was invalidated since. */
  get current(): Mark | undefined {
    return this.#owing ? undefined : this.#versions.current;
  }

  /**
   * Whether what was loaded from `mark` on is still untouched by any purge, soft ones included; `undefined` if the
   * backend cannot be asked.
   */
  async isValid(mark: Mark, labels: readonly string[]): Promise<boolean | undefined> {
    const reading = await this.#read(labels);
    return reading === undefined ? undefined : judgeValidity(mark, reading) === "valid";
  }

  /**
   * The mark to load from without looking anything up; `undefined` when the backend cannot be asked. `key` is what is
   * about to be put in by hand, if anything.
   */
  async mark(labels: readonly string[], key?: string): Promise<Mark | undefined> {
    return (await this.#read(labels, key))?.mark;
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
    if (this.#closed || this.#owing || !this.#breaker.closed) return false;
    const { key } = entry;
    // A backend may carry out in any order what it is asked to do at the same time.
    const before = this.#writing.get(key);
    if (before !== undefined) return before.then(() => this.write(entry));
    try {
      const done = this.#put(entry);
      if (!isPromise(done)) return this.#written(entry);
      const written = this.#deadline.race(done).then(
        () => this.#written(entry),
        (error: unknown) => this.#unwritten(entry, error, done),
      );
      this.#writing.set(key, written);
      written.then(() => this.#writing.delete(key));
      return written;
    } catch (error) {
      return this.#unwritten(entry, error);
    }
  }

  /** Removes one entry. Rejects with `INVALIDATION_PENDING` if that could not be done yet. */
  async remove(key: string): Promise<boolean> {
    this.generation++;
    try {
      const removed = await this.#deadline.race(this.#removal(key));
      this.#telemetry.delete(key);
      return removed;
    } catch (error) {
      this.#debts.addKey(key);
      throw this.#pending("delete", error, key);
    } finally {
      this.generation++;
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
    } finally {
      this.generation++;
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

  /** Pays what is owed, if it can, and closes the backend. A backend that cannot even be closed is an event. */
  async close(): Promise<void> {
    this.#closed = true;
    try {
      if (this.#owing) await this.#settle();
    } catch (error) {
      this.#fault("invalidate", error);
    }
    try {
      await this.#deadline.race(this.#backend.close());
    } catch (error) {
      this.#fault("close", error);
    }
  }

  #readAfar(key: string, labels: readonly string[], packing: Packing): Lookup | Promise<Entry | Lookup> {
    const { generation } = this;
    if (!this.#breaker.allows()) return miss(undefined, generation);
    return this.#answer(key, generation, this.#lookUp(key, labels, packing, generation));
  }

  /** What comes of a read, if it comes in time. */
  async #answer(key: string, generation: number, found: Promise<Entry | Lookup>): Promise<Entry | Lookup> {
    try {
      const answer = await this.#deadline.race(found);
      this.#breaker.succeeded();
      return answer;
    } catch (error) {
      return miss(this.#fault("get", error, key), generation);
    }
  }

  async #lookUp(
    key: string,
    labels: readonly string[],
    packing: Packing,
    generation: number,
    started?: Promise<object | undefined>,
  ): Promise<Entry | Lookup> {
    while (this.#owing) await this.#settle();
    // Async, so that the promise of the one is not left alone when the other throws at once.
    const reading = (async () => this.#versions.read(labels))();
    const [found, usual] = await Promise.all([started ?? this.#get(key), reading]);
    const entry = this.#open(found, key, packing);
    const missed = miss(usual.mark, generation, usual.stamps);
    if (entry === undefined) return missed;
    const own = sameLabels(entry.labels, labels) ? usual : await this.#versions.read(entry.labels);
    return judged(entry, judgeValidity(entry.mark, own), this.#clock.now(), missed);
  }

  async #get(key: string): Promise<object | undefined> {
    return this.#backend.get(key);
  }

  /** The mark and the stamps of labels; `undefined` when the backend cannot be asked. */
  async #read(labels: readonly string[], key?: string): Promise<Reading | undefined> {
    if (!this.#breaker.allows()) return undefined;
    try {
      const ready = !this.#owing && (key === undefined || this.#lateWrites.of(key).length === 0);
      const reading = await this.#deadline.race(ready ? this.#versions.read(labels) : this.#readPaid(labels, key));
      this.#breaker.succeeded();
      return reading;
    } catch (error) {
      return this.#fault("read-labels", error);
    }
  }

  async #readPaid(labels: readonly string[], key: string | undefined): Promise<Reading> {
    while (this.#owing) await this.#settle();
    if (key !== undefined && this.#lateWrites.of(key).length > 0) await this.#removal(key);
    return this.#versions.read(labels);
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
    const known = entry.coder === packing.coder || entry.coder === packing.indexCoder;
    return known && entry.key === key ? entry : undefined;
  }

  #put(entry: Entry): void | Promise<void> {
    const { key, expiresAt, size } = entry;
    if (this.#backend.holds === "objects") return this.#backend.set(key, entry, { expiresAt, size });
    const frame = encodeFrame(entry);
    return this.#backend.set(key, frame, { expiresAt, size: key.length + frame.length });
  }

  /** Deletes a key, in such a way that no write from before can come after it. */
  #removal(key: string): boolean | Promise<boolean> {
    const late = this.#lateWrites.of(key);
    if (late.length === 0 && !this.#writing.has(key)) return this.#backend.delete(key);
    return this.#removalAfter(key);
  }

  async #removalAfter(key: string): Promise<boolean> {
    for (let write = this.#writing.get(key); write !== undefined; write = this.#writing.get(key)) await write;
    const late = this.#lateWrites.of(key);
    if (late.length > 0) {
      await this.#versions.advance(late, "hard");
      for (const label of late) this.#lateWrites.over(key, label);
    }
    return this.#backend.delete(key);
  }

  #unwritten(entry: Entry, error: unknown, done?: void | Promise<void>): false {
    const { key } = entry;
    if (isCachetteError(error, "ENCODE_UNSUPPORTED")) {
      this.#telemetry.encodeError(key, error);
      return false;
    }
    this.#fault("set", error, key);
    if (isPromise(done) && isCachetteError(error, "BACKEND_TIMEOUT")) this.#expect(entry, done);
    return false;
  }

  /** Takes note of a write that may still arrive. */
  #expect({ key, labels }: Entry, done: Promise<void>): void {
    // The last label is the one that the fewest other entries carry.
    const label = labels.at(-1) ?? everything;
    this.#lateWrites.add(key, label);
    done.then(
      () => this.#lateWrites.over(key, label),
      // Where the connection broke, what was sent on it may still be carried out.
      () => {},
    );
    if (this.#lateWrites.size <= mostLateWrites) return;
    this.#lateWrites.clear();
    this.#debts.addLabels([everything], "hard");
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
    this.#settling ??= this.#pay().finally(() => {
      this.#settling = undefined;
    });
    return this.#settling;
  }

  async #pay(): Promise<void> {
    const debts = this.#debts.take();
    const hard = [...debts.hard];
    const soft = [...debts.soft];
    const calls: (() => unknown)[] = [...debts.keys].map((key) => () => this.#removal(key));
    if (hard.length > 0) calls.push(() => this.#versions.advance(hard, "hard"));
    if (soft.length > 0) calls.push(() => this.#versions.advance(soft, "soft"));
    try {
      // All at once, so that many debts take no longer than one.
      await this.#deadline.race(Promise.all(calls.map(async (call) => call())));
    } catch (error) {
      this.#debts.restore(debts);
      throw error;
    }
  }

  #fault(operation: BackendOperation, cause: unknown, key?: string): undefined {
    // Nobody waits for a write, and a backend that is full can still be read.
    if (operation !== "set") this.#breaker.failed();
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

function miss(mark: Mark | undefined, generation: number, stamps?: readonly Stamp[]): Lookup {
  return { kind: "lookup", mark, generation, stamps };
}

/** The entry if it is valid and fresh; else the miss, with the entry if that is of any further use. */
function judged(entry: Entry, validity: Validity, now: number, missed: Lookup): Entry | Lookup {
  if (validity === "valid" && entry.freshUntil > now) return entry;
  return validity === "void" || entry.expiresAt <= now ? missed : { ...missed, stale: entry };
}

function asBackendError(operation: string, backend: string, cause: unknown): CachetteError {
  if (isCachetteError(cause)) return cause;
  return new CachetteError({
    code: "BACKEND_FAILED",
    message: `The backend "${backend}" failed at ${operation}`,
    cause,
  });
}
