import type { Mark } from "./backend.ts";
import type { Clock } from "./clock.ts";
import type { Entry, EntryFacts } from "./entry.ts";
import { Fill, type Settlement } from "./fill.ts";
import { Flight, type Outcome } from "./flight.ts";
import { Flights } from "./flights.ts";
import { sameLabels, tagLabel } from "./labels.ts";
import type { Packing } from "./packing.ts";
import { isPromise } from "./promise.ts";
import type { Lookup, Store } from "./store.ts";
import type { Telemetry } from "./telemetry.ts";
import { judgeValidity } from "./validity.ts";

/** What is the same for all entries of one use: of a wrapped function, a route, a call. */
export interface Policy {
  /** The labels that are known before a load: the whole cache, the namespace, fixed tags. */
  readonly labels: readonly string[];
  /** Milliseconds; 0 keeps nothing, `Infinity` for ever. */
  readonly ttl: number;
  readonly packing: Packing;
}

/** A value that a load gave to somebody else and that cannot be stored. */
export interface Handover {
  readonly kind: "handover";
  readonly value: unknown;
}

/** What a caller gets: something to use, or the task of loading it. */
export type Entrance = Entry | Handover | Fill;

/** How often a waiting caller starts over because a purge made void what it waited for. */
const mostRetries = 3;

/**
 * Time and company: whether an entry can be used now, and who loads it if not. In one process one load runs for a key,
 * however many callers wait for it.
 */
export class Pipeline {
  readonly store: Store;
  readonly clock: Clock;
  readonly telemetry: Telemetry;
  /** Milliseconds after which a caller no longer waits for somebody else's load. */
  readonly #patience: number;
  readonly #flights = new Flights();
  readonly #writes = new Set<Promise<boolean>>();

  constructor(store: Store, clock: Clock, telemetry: Telemetry, patience: number) {
    this.store = store;
    this.clock = clock;
    this.telemetry = telemetry;
    this.#patience = patience;
  }

  /**
   * The entry under `key`, or the value of a load that was under way, or a `Fill`: then the caller must load, and tell
   * the fill how that ended. Answers at once where the backend does. Rejects only with the error of a shared load.
   *
   * @param maxAge an entry older than this many milliseconds is loaded anew
   */
  enter(key: string, policy: Policy, maxAge = Number.POSITIVE_INFINITY): Entrance | Promise<Entrance> {
    return this.#enter(key, policy, maxAge, 0);
  }

  #enter(key: string, policy: Policy, maxAge: number, retries: number): Entrance | Promise<Entrance> {
    const found = this.store.read(key, policy.labels, policy.packing);
    return isPromise(found)
      ? found.then((settled) => this.#admit(key, policy, settled, maxAge, retries))
      : this.#admit(key, policy, found, maxAge, retries);
  }

  #admit(
    key: string,
    policy: Policy,
    found: Entry | Lookup,
    maxAge: number,
    retries: number,
  ): Entrance | Promise<Entrance> {
    if (found.kind === "lookup") return this.#join(key, policy, found, maxAge, retries);
    if (maxAge !== Number.POSITIVE_INFINITY && this.clock.now() - found.storedAt > maxAge) {
      return this.#join(key, policy, this.#lookupFrom(found), maxAge, retries);
    }
    this.telemetry.hit(key);
    return found;
  }

  #join(key: string, policy: Policy, lookup: Lookup, maxAge: number, retries: number): Entrance | Promise<Entrance> {
    const flight = this.#flights.of(key);
    return flight === undefined || this.#isPast(flight)
      ? this.#lead(key, policy, lookup)
      : this.#follow(flight, key, policy, lookup, maxAge, retries);
  }

  /** Whether what a load gave has expired while it is still being written. */
  #isPast({ ended }: Flight): boolean {
    return ended?.type === "entry" && ended.entry.freshUntil <= this.clock.now();
  }

  /** The mark of an entry that has just been found valid is as good a beginning for a load as a new one. */
  #lookupFrom(entry: Entry): Lookup {
    return { kind: "lookup", mark: entry.mark, generation: this.store.generation };
  }

  /** The entry under `key`, if there is one that is no older than `maxAge`; never a task. */
  peek(key: string, policy: Policy, maxAge = Number.POSITIVE_INFINITY): Entry | undefined | Promise<Entry | undefined> {
    const found = this.store.read(key, policy.labels, policy.packing);
    return isPromise(found)
      ? found.then((settled) => this.#look(key, settled, maxAge))
      : this.#look(key, found, maxAge);
  }

  #look(key: string, found: Entry | Lookup, maxAge: number): Entry | undefined {
    if (found.kind === "entry" && this.clock.now() - found.storedAt <= maxAge) {
      this.telemetry.hit(key);
      return found;
    }
    this.telemetry.miss(key);
    return undefined;
  }

  /** Begins a load whatever is stored. */
  async renew(key: string, policy: Policy): Promise<Fill> {
    const { generation } = this.store;
    return this.#lead(key, policy, { kind: "lookup", mark: await this.store.mark(policy.labels), generation });
  }

  /**
   * In place of an entry that turned out to be unreadable: what another load gives, or the task of loading. `again`: it
   * came in place of another one.
   */
  discard(entry: Entry, policy: Policy, error: unknown, again = false): Entrance | Promise<Entrance> {
    const { key } = entry;
    this.telemetry.decodeError(key, error);
    const lookup = this.#lookupFrom(entry);
    const ended = this.#flights.of(key)?.ended;
    // What loads give cannot be read either: to wait for more of it would be in vain.
    if (again || (ended?.type === "entry" && ended.entry === entry)) return this.#lone(key, policy, lookup);
    return this.#join(key, policy, lookup, Number.POSITIVE_INFINITY, mostRetries);
  }

  /** Begins a load that others will follow. One that is under way already loses its followers to come and its store. */
  #lead(key: string, policy: Policy, lookup: Lookup): Fill {
    this.telemetry.miss(key);
    this.#flights.fence(key);
    const flight = new Flight(lookup, policy.labels);
    this.#flights.lead(key, flight);
    return new Fill(this, key, policy, flight);
  }

  /** Begins a load of which nobody else knows. */
  #lone(key: string, policy: Policy, lookup: Lookup): Fill {
    this.telemetry.miss(key);
    const flight = new Flight(lookup, policy.labels);
    this.#flights.detach(key, flight);
    return new Fill(this, key, policy, flight);
  }

  async #follow(
    flight: Flight,
    key: string,
    policy: Policy,
    lookup: Lookup,
    maxAge: number,
    retries: number,
  ): Promise<Entrance> {
    const early = flight.ended === undefined;
    const outcome = await this.#await(flight);
    if (outcome === undefined) {
      // Too long: the next one who comes shall not wait for that load as well.
      return this.#flights.of(key) === flight ? this.#lead(key, policy, lookup) : this.#lone(key, policy, lookup);
    }
    if (outcome.type === "none") return this.#lone(key, policy, lookup);
    if (outcome.type !== "error") {
      const allowed = await this.#mayHave(flight, policy, lookup, early);
      if (allowed !== true && retries >= mostRetries) return this.#lone(key, policy, lookup);
      if (allowed !== true) this.#flights.land(key, flight);
      if (allowed === false) return this.#enter(key, policy, maxAge, retries + 1);
      // The backend has just gone: what this caller learnt from it is no longer of use.
      if (allowed === undefined) return this.#join(key, policy, { ...lookup, mark: undefined }, maxAge, retries + 1);
    }
    this.telemetry.shared();
    if (outcome.type === "error") throw outcome.error;
    return outcome.type === "entry" ? outcome.entry : { kind: "handover", value: outcome.value };
  }

  /** The outcome, or `undefined` when patience has run out. */
  #await(flight: Flight): Promise<Outcome | undefined> {
    flight.waiting++;
    return new Promise((resolve) => {
      const cancel = this.clock.after(this.#patience, () => {
        flight.waiting--;
        resolve(undefined);
      });
      flight.outcome.then((outcome) => {
        cancel();
        resolve(outcome);
      });
    });
  }

  /**
   * Whether a caller may have what a load gave that began before the caller came: not if a purge lies in between.
   * `early`: the caller has been waiting since before the load ended. `undefined`: nobody can tell.
   */
  #mayHave(
    flight: Flight,
    policy: Policy,
    { mark: known, stamps, generation }: Lookup,
    early: boolean,
  ): boolean | Promise<boolean | undefined> {
    const { mark } = flight.lookup;
    if (known === undefined) return flight.lookup.generation === generation;
    if (mark === undefined) return false;
    if (this.store.current === mark) return true;
    const own = stamps !== undefined && sameLabels(flight.labels, policy.labels);
    if (own && judgeValidity(mark, { mark: known, stamps }) === "valid") return true;
    if (!early) return this.store.isValid(mark, flight.labels);
    flight.validity ??= this.store.isValid(mark, flight.labels);
    return flight.validity;
  }

  /** From now on nobody joins this load; those who wait for it still get its outcome. */
  detach(key: string, flight: Flight): void {
    this.#flights.detach(key, flight);
  }

  /** A load gave a value: it is shared with those who wait, and stored. The entry, if the value can be one. */
  commit(key: string, policy: Policy, flight: Flight, value: unknown, settlement: Settlement): Entry | undefined {
    const ttl = settlement.ttl ?? policy.ttl;
    if (settlement.tags !== undefined) flight.labels = [...policy.labels, ...settlement.tags.map(tagLabel)];
    const entry = this.#pack(key, policy.packing, value, ttl, flight.labels, flight.lookup.mark);
    flight.settle(entry === undefined ? { type: "value", value } : { type: "entry", entry });
    if (entry === undefined || ttl === 0 || flight.lookup.mark === undefined || flight.fenced) {
      this.#flights.land(key, flight);
      return entry;
    }
    if (flight.labels.length > policy.labels.length) this.store.introduce(flight.labels);
    const written = this.write(entry);
    // Who has looked the key up before it was written, and comes back only now, still finds the flight and its value.
    if (isPromise(written)) written.then(() => this.#flights.land(key, flight));
    else this.#flights.land(key, flight);
    return entry;
  }

  /** A load ended without a value for others. */
  end(key: string, flight: Flight, outcome: Outcome): void {
    this.#flights.land(key, flight);
    flight.settle(outcome);
  }

  /** Removes an entry, and keeps loads under way from bringing it back. Rejects as `Store.remove` does. */
  async remove(key: string): Promise<boolean> {
    this.#flights.fence(key);
    try {
      return await this.store.remove(key);
    } finally {
      // Those that began before it was gone may have found the old state of things as well.
      this.#flights.fence(key);
    }
  }

  /** Puts a value in without a load. Says whether it was stored; if not, what was there before is gone all the same. */
  async put(key: string, policy: Policy, value: unknown): Promise<boolean> {
    const mark = await this.store.mark(policy.labels, key);
    this.#flights.fence(key);
    const stored = mark !== undefined && (await this.#replaceBy(key, policy, value, mark));
    this.#flights.fence(key);
    if (stored === undefined) await this.store.remove(key).catch(() => false);
    else if (!stored) this.store.distrust(key);
    return stored === true;
  }

  /** Whether the value was written; `undefined` if there is nothing to write. */
  #replaceBy(key: string, policy: Policy, value: unknown, mark: Mark): undefined | boolean | Promise<boolean> {
    const entry =
      policy.ttl === 0 ? undefined : this.#pack(key, policy.packing, value, policy.ttl, policy.labels, mark);
    return entry === undefined ? undefined : this.write(entry);
  }

  write(entry: Entry): boolean | Promise<boolean> {
    const written = this.store.write(entry);
    if (isPromise(written)) {
      this.#writes.add(written);
      written.then(() => this.#writes.delete(written));
    }
    return written;
  }

  /** Waits until nothing is being written any more; each write has its deadline. */
  async drain(): Promise<void> {
    while (this.#writes.size > 0) await Promise.all(this.#writes);
  }

  #pack(
    key: string,
    packing: Packing,
    value: unknown,
    ttl: number,
    labels: readonly string[],
    mark: Mark = nowhere,
  ): Entry | undefined {
    const storedAt = this.clock.now();
    const freshUntil = storedAt + ttl;
    const facts: EntryFacts = { key, coder: packing.coder, storedAt, freshUntil, expiresAt: freshUntil, mark, labels };
    try {
      return packing.pack(value, facts, this.store.bytesOnly);
    } catch (error) {
      this.telemetry.encodeError(key, error);
      return undefined;
    }
  }
}

/** For entries that only travel to those who wait: no backend has such an epoch. */
const nowhere: Mark = { epoch: "", seq: 0 };
