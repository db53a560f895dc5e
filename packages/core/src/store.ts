import type { Alias } from "./alias.ts";
import type { Backend, Leases, Mark, ObjectBackend, Reading, Stamp, Versions } from "./backend.ts";
import type { BreakerOptions } from "./breaker.ts";
import { type Clock, timeForLookUps } from "./clock.ts";
import { toldBy } from "./deadline.ts";
import { Debts } from "./debts.ts";
import { type Entry, ticksAt } from "./entry.ts";
import { CachetteError } from "./errors.ts";
import { decodeFrame } from "./frame.ts";
import { Guard } from "./guard.ts";
import { everything, sameLabels } from "./labels.ts";
import { Lease } from "./lease.ts";
import { Near, type NearBackend } from "./near.ts";
import type { Packing } from "./packing.ts";
import { isPromise } from "./promise.ts";
import { PurgeLog } from "./purge-log.ts";
import { Reclaimer } from "./reclaimer.ts";
import type { Telemetry } from "./telemetry.ts";
import { judgeValidity, type Validity } from "./validity.ts";
import { type Title, Writer } from "./writer.ts";

/** What a read found when it was no fresh entry. */
export interface Lookup {
  readonly kind: "lookup";
  /** The mark to load from; `undefined` when the backend could not be asked, and then nothing may be stored. */
  readonly mark: Mark | undefined;
  /** Whether the mark was the present one for sure when the read began. */
  readonly exact: boolean;
  /** `Store.purges` when the read began. */
  readonly purges: number;
  /** What was known of the use's labels at some moment after the read began, where the backend had to be asked. */
  readonly stamps?: readonly Stamp[] | undefined;
  /** An entry that is no longer fresh, or was purged softly, and not expired yet. */
  readonly stale?: Entry | undefined;
}

/** What was read: a fresh entry, or none. */
export type Found = Entry | Lookup;

/** What came of an attempt to take a lease. */
export type Taken =
  /** It is held. `lookup` is what a load needs to know, `entry` a fresh and valid one that is stored by now. */
  | { readonly kind: "held"; readonly lookup: Lookup; readonly entry: Entry | undefined }
  /** Somebody else loads. */
  | { readonly kind: "busy" }
  /** The backend could not be asked. */
  | { readonly kind: "unknown" };

export interface StoreOptions {
  readonly backend: Backend;
  /** Keeps copies of entries in this process. */
  readonly near: NearBackend | undefined;
  readonly prefix: string;
  readonly clock: Clock;
  readonly telemetry: Telemetry;
  /** Milliseconds that any call to the backend may take. */
  readonly deadline: number;
  readonly breaker: BreakerOptions;
  /** Milliseconds that a load's lease lasts when its process is gone. */
  readonly lease: number;
}

/**
 * The one place that deals with a backend: it frames entries, judges what comes back, and survives faults. A failed
 * read is a miss and an event, a failed write is an event; only a purge that failed is reported to the caller, and it
 * is remembered: until it has been carried out, everything the backend holds counts as missing.
 */
export class Store {
  readonly #backend: Backend;
  readonly #versions: Versions;
  readonly #near: Near | undefined;
  /** Where a hit may be found at once. */
  readonly #local: ObjectBackend | Near | undefined;
  readonly #clock: Clock;
  readonly #timeForLookUps: () => number;
  readonly #telemetry: Telemetry;
  readonly #leases: Leases | undefined;
  readonly #leaseTtl: number;
  readonly #guard: Guard;
  readonly #writer: Writer;
  readonly #reclaimer: Reclaimer;
  readonly #purges = new PurgeLog();
  readonly #debts = new Debts(everything);
  #settling: Promise<void> | undefined;
  #closed = false;

  constructor({ backend, near, prefix, clock, telemetry, deadline, breaker, lease }: StoreOptions) {
    this.#backend = backend;
    this.#versions = backend.versions(prefix);
    this.#near = near && new Near(near, watchable(this.#versions, backend));
    this.#local = this.#near ?? (backend.holds === "objects" ? backend : undefined);
    this.#leases = backend.holds === "bytes" ? backend.leases?.(prefix) : undefined;
    this.#leaseTtl = lease;
    this.#clock = clock;
    this.#timeForLookUps = timeForLookUps(clock);
    this.#telemetry = telemetry;
    this.#guard = new Guard({ name: backend.name, clock, telemetry, deadline, breaker });
    this.#writer = new Writer({
      backend,
      versions: this.#versions,
      leases: this.#leases,
      guard: this.#guard,
      telemetry,
      onOverflow: () => this.#debts.addLabels([everything], "hard"),
    });
    this.#reclaimer = new Reclaimer(backend, this.#versions, (error) => this.#guard.failed("reclaim", error));
  }

  /** Gives back the memory of what the purge of a label has made void, under all keys that begin with `head`. */
  reclaim(head: string, label: string): void {
    this.#reclaimer.start(head, label);
  }

  /** How many purges by label were made through this store; those that failed count, and each counts again as it ends. */
  get purges(): number {
    return this.#purges.count;
  }

  /** Whether any of `labels` may have been purged through this store since there were `purges` of them. */
  purgedSince(purges: number, labels: readonly string[]): boolean {
    return this.#purges.touchedSince(purges, labels);
  }

  /** Whether only who has a lease may load for others and store what it loads. */
  get leased(): boolean {
    return this.#leases !== undefined;
  }

  /** A lease to be taken, where there are any. */
  lease(key: string): Lease | undefined {
    const leases = this.#leases;
    return leases && new Lease(key, leases, this.#guard, this.#clock, this.#leaseTtl);
  }

  /** Tries to take a lease, with `force` from whoever has it. Never rejects, and takes no longer than the deadline. */
  async take(lease: Lease, labels: readonly string[], packing: Packing, force: boolean): Promise<Taken> {
    const { purges } = this;
    if (this.#owing() || !this.#guard.calm) return unknown;
    try {
      const [acquired, usual] = await this.#guard.race(Promise.all([lease.acquire(force), this.#readLabels(labels)]));
      // Whoever has it may be cut off: after a failure, nobody waits for what others may not be able to finish.
      if (!acquired.held) return this.#guard.failedWithin(this.#leaseTtl) ? unknown : { kind: "busy" };
      lease.keep();
      const missed = miss(usual.mark, purges);
      const entry = this.#open(acquired.value, lease.key, packing);
      if (entry === undefined) return { kind: "held", lookup: missed, entry };
      const own = sameLabels(entry.labels, labels) ? usual : await this.#guard.race(this.#versions.read(entry.labels));
      const of = judged(entry, judgeValidity(entry.mark, own), this.#clock.now(), missed);
      return of.kind === "entry"
        ? { kind: "held", lookup: { ...missed, stale: of }, entry: of }
        : { kind: "held", lookup: of, entry: undefined };
    } catch (error) {
      lease.release();
      this.#guard.failed("lease", error, lease.key);
      return unknown;
    }
  }

  /** Whether one and the same entry is read again and again. */
  get keepsEntries(): boolean {
    return this.#local !== undefined;
  }

  /** Whether entries must be packed as bytes. */
  get bytesOnly(): boolean {
    return this.#backend.holds === "bytes";
  }

  /**
   * The fresh, valid entry under `key`, or what a load needs to know. `labels` are those that entries of this use
   * usually carry: they are looked up along with the key, in the same round trip. Answers at once where the backend
   * does, never throws, and takes no longer than the deadline. Gives what `goOn` makes of it.
   */
  read<T>(
    key: string,
    labels: readonly string[],
    packing: Packing,
    goOn: (found: Found) => T | Promise<T>,
  ): T | Promise<T> {
    const { purges } = this;
    const found = this.#near === undefined ? this.#readHere(key, labels, packing) : this.#readNear(key, packing);
    if (found === undefined) return this.#readAfar(key, labels, packing, goOn);
    return isPromise(found) ? this.#answer(key, purges, found, goOn) : goOn(found);
  }

  /** What a backend in this process has; `undefined` where that does not suffice. */
  #readHere(key: string, labels: readonly string[], packing: Packing): Found | Promise<Found> | undefined {
    const { purges } = this;
    try {
      const current = this.#versions.current;
      if (current === undefined || this.#owing() || !this.#guard.calm) return undefined;
      const found = this.#backend.get(key);
      if (isPromise(found)) return this.#lookUp(key, labels, packing, purges, found);
      const entry = this.#open(found, key, packing);
      this.#guard.succeeded();
      if (entry === undefined) return missNow(current, purges);
      const now = this.#clock.now();
      if (entry.checkedAt !== current) {
        const reading = this.#versions.read(entry.labels);
        if (isPromise(reading)) {
          return reading.then((settled) =>
            judged(entry, judgeValidity(entry.mark, settled), now, miss(settled.mark, purges)),
          );
        }
        const validity = judgeValidity(entry.mark, reading);
        if (validity !== "valid") return judged(entry, validity, now, missNow(current, purges));
        entry.checkedAt = current;
      }
      return entry.freshUntil > now ? entry : judged(entry, "valid", now, missNow(current, purges));
    } catch (error) {
      return miss(this.#guard.failed("get", error, key), purges);
    }
  }

  /**
   * The fresh, valid entry under `head + tail`, if that can be told at once and without putting the two together: what
   * most hits in memory come to. `undefined` says nothing: `read` does. `alias`: what may lead there without a look-up,
   * and will the next time.
   */
  glance(head: string, tail: string, packing: Packing, alias?: Alias): Entry | undefined {
    const local = this.#local;
    if (local?.find === undefined) return undefined;
    try {
      const current = this.#current();
      if (current === undefined || this.#owing() || !this.#guard.calm) return undefined;
      const known = alias?.entry;
      const entry = known ?? (local.find(head, tail) as Entry | undefined);
      if (entry === undefined || entry.checkedAt !== current || !(entry.freshTick > ticksAt(this.#timeForLookUps()))) {
        return undefined;
      }
      if (known !== undefined) {
        if (!entry.read) entry.read = true;
        return entry;
      }
      if (entry.coder !== packing.coder && entry.coder !== packing.indexCoder) return undefined;
      alias?.leadTo(entry);
      return entry;
    } catch {
      // Whatever it is, a read comes upon it as well, and tells.
      return undefined;
    }
  }

  // Methods rather than getters, as it takes an engine longer to come by a private getter than by all that a hit asks for.

  /** The mark that valid entries in this process were checked at. */
  #current(): Mark | undefined {
    return this.#near === undefined ? this.#versions.current : this.#near.current;
  }

  /** The fresh, valid copy of an entry, if there is one. Never throws. */
  #readNear(key: string, packing: Packing): Entry | undefined {
    if (this.#owing() || !this.#guard.calm) return undefined;
    try {
      const entry = this.#open(this.#near?.get(key), key, packing, "objects");
      return entry !== undefined && entry.freshUntil > this.#clock.now() ? entry : undefined;
    } catch (error) {
      return this.#guard.failed("near", error, key);
    }
  }

  /**
   * Whether what was loaded from `mark` on is still untouched by any purge, soft ones included; `undefined` if the
   * backend cannot tell at once.
   */
  isValidNow(mark: Mark, labels: readonly string[]): boolean | undefined {
    try {
      if (this.#owing() || this.#versions.current === undefined) return undefined;
      const reading = this.#versions.read(labels);
      if (!isPromise(reading)) return judgeValidity(mark, reading) === "valid";
      reading.then(undefined, () => {});
      return undefined;
    } catch {
      return undefined;
    }
  }

  /** As `isValidNow`, after asking the backend; `undefined` if it cannot be asked. */
  async isValid(mark: Mark | undefined, labels: readonly string[]): Promise<boolean | undefined> {
    const reading = await this.#read(labels);
    return reading === undefined || mark === undefined ? undefined : judgeValidity(mark, reading) === "valid";
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
    if (this.#owing() || !this.#guard.calm) return;
    try {
      const reading = this.#versions.read(labels);
      if (isPromise(reading)) this.#guard.race(reading).catch((error) => this.#guard.failed("read-labels", error));
    } catch (error) {
      this.#guard.failed("read-labels", error);
    }
  }

  /** Says whether the entry was written. Never throws; answers at once where the backend does. */
  write(entry: Entry, title: Title): boolean | Promise<boolean> {
    if (this.#closed || this.#owing() || !this.#guard.calm) return false;
    const near = this.#near;
    if (near === undefined) return this.#writer.write(entry, title);
    near.drop(entry.key);
    const written = this.#writer.write(entry, title);
    if (isPromise(written)) written.then(() => near.drop(entry.key));
    return written;
  }

  /** Removes one entry. Rejects with `INVALIDATION_PENDING` if that could not be done yet. */
  async remove(key: string): Promise<boolean> {
    this.#near?.drop(key);
    try {
      const removed = await this.#guard.race(this.#writer.remove(key));
      this.#telemetry.delete(key);
      return removed;
    } catch (error) {
      this.#debts.addKey(key);
      throw this.#guard.pending("delete", error, key);
    } finally {
      // What was read meanwhile may have been the old state of things as well.
      this.#near?.drop(key);
    }
  }

  /** What is under `key` must not be served again, although nobody waits for its removal. */
  distrust(key: string): void {
    this.#near?.drop(key);
    this.#debts.addKey(key);
  }

  /** What carries any of `labels` must not be served again, although nobody waits for that. */
  distrustLabels(labels: readonly string[]): void {
    this.#purges.add(labels);
    this.#debts.addLabels(labels, "hard");
  }

  /** Makes void (hard) or stale (soft) what carries any of `labels`. Rejects as `remove` does. */
  async invalidate(labels: readonly string[], kind: "hard" | "soft"): Promise<void> {
    this.#purges.add(labels);
    try {
      await this.#guard.race(this.#versions.advance(labels, kind));
    } catch (error) {
      this.#debts.addLabels(labels, kind);
      throw this.#guard.pending("invalidate", error);
    } finally {
      // What began to load meanwhile may have found the old state of things as well.
      this.#purges.add(labels);
    }
  }

  /** Whether the backend answers within the deadline. */
  async ping(): Promise<boolean> {
    try {
      await this.#guard.race<unknown>(this.#backend.ping?.() ?? this.#versions.read([]));
      return true;
    } catch (error) {
      this.#guard.failed("ping", error);
      return false;
    }
  }

  /** Pays what is owed, if it can, and closes the backend. A backend that cannot even be closed is an event. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#reclaimer.stop();
    try {
      if (this.#owing()) await this.#settle();
    } catch (error) {
      this.#guard.failed("invalidate", error);
    }
    try {
      await this.#near?.close();
      await this.#guard.race(this.#backend.close());
    } catch (error) {
      this.#guard.failed("close", error);
    }
  }

  #readAfar<T>(
    key: string,
    labels: readonly string[],
    packing: Packing,
    goOn: (found: Found) => T | Promise<T>,
  ): T | Promise<T> {
    const { purges } = this;
    if (!this.#guard.allows()) return goOn(miss(undefined, purges));
    const versions = this.#versions;
    if (versions.lookUp === undefined || this.#owing()) {
      return this.#answer(key, purges, this.#lookUp(key, labels, packing, purges), goOn);
    }
    const moment = this.#near?.moment ?? 0;
    return this.#guard.settle<Uint8Array | undefined, Found, T>(
      (receiver) => versions.lookUp?.(key, receiver),
      (found) => {
        const judged = this.#judgeFound(found, key, labels, packing, purges, moment);
        return isPromise(judged) ? judged.then(this.#succeeded) : this.#succeeded(judged);
      },
      (error) => miss(this.#guard.failed("get", error, key), purges),
      goOn,
    );
  }

  readonly #succeeded = (found: Found): Found => {
    this.#guard.succeeded();
    return found;
  };

  /** What comes of a read, if it comes in time. */
  #answer<T>(key: string, purges: number, found: Promise<Found>, goOn: (found: Found) => T | Promise<T>): Promise<T> {
    return this.#guard.settle(
      toldBy(found),
      this.#succeeded,
      (error) => miss(this.#guard.failed("get", error, key), purges),
      goOn,
    );
  }

  /**
   * What was found is judged by what was looked up along with it, `usual` being what was read of `labels`; only labels that
   * nobody has met are asked for.
   */
  #judgeFound(
    found: object | undefined,
    key: string,
    labels: readonly string[],
    packing: Packing,
    purges: number,
    moment: number,
    usual?: Reading,
  ): Found | Promise<Found> {
    const entry = this.#open(found, key, packing);
    const asked = entry === undefined ? labels : entry.labels;
    const areUsual = sameLabels(asked, labels);
    const known = (areUsual ? usual : undefined) ?? this.#versions.known?.(asked);
    const judge = (reading: Reading): Found => {
      const missed = miss(reading.mark, purges, areUsual ? reading.stamps : undefined);
      if (entry === undefined) return missed;
      const of = judged(entry, judgeValidity(entry.mark, reading), this.#clock.now(), missed);
      if (of.kind === "entry" && this.#near !== undefined) this.#keepNear(of, packing, moment);
      return of;
    };
    return known === undefined ? this.#readLabels(asked).then(judge) : judge(known);
  }

  async #lookUp(
    key: string,
    labels: readonly string[],
    packing: Packing,
    purges: number,
    started?: Promise<object | undefined>,
  ): Promise<Found> {
    while (this.#owing()) await this.#settle();
    const moment = this.#near?.moment ?? 0;
    const [found, usual] = await Promise.all([started ?? this.#get(key), this.#readLabels(labels)]);
    return this.#judgeFound(found, key, labels, packing, purges, moment, usual);
  }

  #keepNear(entry: Entry, packing: Packing, moment: number): void {
    try {
      this.#near?.keep(entry, packing, moment);
    } catch (error) {
      this.#guard.failed("near", error, entry.key);
    }
  }

  // Async, both, so that the promise of the one is not left alone when the other throws at once.
  async #get(key: string): Promise<object | undefined> {
    return this.#backend.get(key);
  }

  async #readLabels(labels: readonly string[]): Promise<Reading> {
    return this.#versions.read(labels);
  }

  /** The mark and the stamps of labels; `undefined` when the backend cannot be asked. See `mark` about `key`. */
  async #read(labels: readonly string[], key?: string): Promise<Reading | undefined> {
    if (!this.#guard.allows()) return undefined;
    try {
      const ready = !this.#owing() && (key === undefined || this.#writer.isQuiet(key));
      const reading = await this.#guard.race(ready ? this.#versions.read(labels) : this.#readAfter(labels, key));
      this.#guard.succeeded();
      return reading;
    } catch (error) {
      return this.#guard.failed("read-labels", error);
    }
  }

  async #readAfter(labels: readonly string[], key: string | undefined): Promise<Reading> {
    while (this.#owing()) await this.#settle();
    if (key !== undefined) await this.#writer.quieten(key);
    return this.#versions.read(labels);
  }

  /** What the backend gave as an entry, if it is one and ours. */
  #open(
    found: object | undefined,
    key: string,
    packing: Packing,
    holds: Backend["holds"] = this.#backend.holds,
  ): Entry | undefined {
    if (found === undefined) return undefined;
    let entry = found as Entry;
    if (holds === "bytes") {
      try {
        entry = decodeFrame(found as Uint8Array, key);
      } catch (error) {
        this.#telemetry.decodeError(key, error);
        return undefined;
      }
    }
    const known = entry.coder === packing.coder || entry.coder === packing.indexCoder;
    return known && entry.key === key ? entry : undefined;
  }

  /** Whether a purge is still to be carried out, or is being carried out just now. */
  #owing(): boolean {
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
    const calls: (() => unknown)[] = [...debts.keys].map((key) => () => this.#writer.remove(key));
    if (hard.length > 0) calls.push(() => this.#versions.advance(hard, "hard"));
    if (soft.length > 0) calls.push(() => this.#versions.advance(soft, "soft"));
    try {
      // All at once, so that many debts take no longer than one.
      await this.#guard.race(Promise.all(calls.map(async (call) => call())));
    } catch (error) {
      this.#debts.restore(debts);
      throw error;
    }
  }
}

/** @throws CachetteError `OPTION_INVALID` for a backend that does not tell what other processes change */
function watchable(versions: Versions, backend: Backend): Required<Pick<Versions, "watch">> {
  if (versions.watch !== undefined) return versions as Required<Pick<Versions, "watch">>;
  throw new CachetteError({
    code: "OPTION_INVALID",
    option: "near",
    expected: `no near cache in front of the backend "${backend.name}", which does not tell what other processes change`,
  });
}

const unknown: Taken = { kind: "unknown" };

function miss(mark: Mark | undefined, purges: number, stamps?: readonly Stamp[]): Lookup {
  return { kind: "lookup", mark, exact: false, purges, stamps };
}

function missNow(mark: Mark, purges: number): Lookup {
  return { kind: "lookup", mark, exact: true, purges };
}

/** The entry if it is valid and fresh; else the miss, with the entry if that is of any further use. */
function judged(entry: Entry, validity: Validity, now: number, missed: Lookup): Found {
  if (validity === "valid" && entry.freshUntil > now) return entry;
  return validity === "void" || entry.expiresAt <= now ? missed : { ...missed, stale: entry };
}
