import type { Mark } from "./backend.ts";
import type { Clock } from "./clock.ts";
import type { Entry, EntryFacts } from "./entry.ts";
import { Fill, type Lifetime, type Settlement } from "./fill.ts";
import { Flight, type Outcome } from "./flight.ts";
import { Flights } from "./flights.ts";
import { sameLabels, tagLabel } from "./labels.ts";
import type { Packing } from "./packing.ts";
import { isPromise } from "./promise.ts";
import { Reminders } from "./reminders.ts";
import type { Lookup, Store } from "./store.ts";
import type { Telemetry } from "./telemetry.ts";
import { judgeValidity } from "./validity.ts";

/** What is the same for all entries of one use: of a wrapped function, a route, a call. */
export interface Policy extends Lifetime {
  /** The labels that are known before a load: the whole cache, the namespace, fixed tags. */
  readonly labels: readonly string[];
  readonly packing: Packing;
}

/** What a caller asks of an entry beyond being fresh. All in milliseconds. */
export interface Demand {
  /** Nothing older than this. */
  readonly maxAge: number;
  /** Nothing that is fresh for less than this. */
  readonly minFresh: number;
  /** What has not been stale for longer than this is good enough. */
  readonly maxStale: number;
}

/** An entry that may be served although it is stale. With a `fill`, the caller is the one to load it anew. */
export interface Stale {
  readonly kind: "stale";
  readonly entry: Entry;
  readonly fill: Fill | undefined;
}

/** A value that a load gave to somebody else and that cannot be stored. */
export interface Handover {
  readonly kind: "handover";
  readonly value: unknown;
}

/** What a caller gets: something to use, or the task of loading it. */
export type Entrance = Entry | Stale | Handover | Fill;

/** How long a stale entry is left alone after it could not be loaded anew. */
const restAfterFailure = 1000;

/** How long nobody waits for loads of a key, after some have waited in vain. */
const unsharedFor = 10_000;

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
  /** Stale entries that could not be loaded anew just now. */
  readonly #resting = new Reminders();
  /** Keys whose loads are not worth waiting for. */
  readonly #unshared = new Reminders();

  constructor(store: Store, clock: Clock, telemetry: Telemetry, patience: number) {
    this.store = store;
    this.clock = clock;
    this.telemetry = telemetry;
    this.#patience = patience;
  }

  /**
   * The entry under `key`, or the value of a load that was under way, or a `Fill`: then the caller must load, and tell
   * the fill how that ended. Answers at once where the backend does. Rejects only with the error of a shared load.
   */
  enter(key: string, policy: Policy, demand?: Demand): Entrance | Promise<Entrance> {
    return this.#enter(key, policy, demand, 0);
  }

  #enter(key: string, policy: Policy, demand: Demand | undefined, retries: number): Entrance | Promise<Entrance> {
    const found = this.store.read(key, policy.labels, policy.packing);
    return isPromise(found)
      ? found.then((settled) => this.#admit(key, policy, settled, demand, retries))
      : this.#admit(key, policy, found, demand, retries);
  }

  #admit(
    key: string,
    policy: Policy,
    found: Entry | Lookup,
    demand: Demand | undefined,
    retries: number,
  ): Entrance | Promise<Entrance> {
    if (found.kind === "lookup") {
      return this.#stale(key, policy, found, demand) ?? this.#join(key, policy, found, demand, retries);
    }
    if (demand !== undefined && !this.#suits(found, demand)) {
      return this.#join(key, policy, this.#lookupFrom(found), demand, retries);
    }
    this.#hit(key, found, policy);
    return found;
  }

  /**
   * For a caller who may have only some entries, and whose load is for nobody else: the entry if `may` allows it, or a
   * fill of its own.
   */
  enterAlone(
    key: string,
    policy: Policy,
    demand: Demand | undefined,
    may: (entry: Entry) => boolean,
  ): Entry | Fill | Promise<Entry | Fill> {
    const found = this.store.read(key, policy.labels, policy.packing);
    const admit = (settled: Entry | Lookup): Entry | Fill => {
      if (settled.kind === "lookup") return this.lone(key, policy, settled);
      if (!may(settled) || (demand !== undefined && !this.#suits(settled, demand))) {
        return this.lone(key, policy, { ...this.#lookupFrom(settled), stale: undefined });
      }
      this.#hit(key, settled, policy);
      return settled;
    };
    return isPromise(found) ? found.then(admit) : admit(found);
  }

  /** An index leads to another entry, which is the one that counts. */
  #hit(key: string, entry: Entry, { packing }: Policy): void {
    if (entry.coder === packing.coder) this.telemetry.hit(key);
  }

  #suits(entry: Entry, { maxAge, minFresh }: Demand): boolean {
    const now = this.clock.now();
    return now - entry.storedAt <= maxAge && entry.freshUntil - now >= minFresh;
  }

  /** A stale entry that may be served now, if there is one. */
  #stale(key: string, policy: Policy, lookup: Lookup, demand: Demand | undefined): Stale | undefined {
    const { stale: entry } = lookup;
    if (entry === undefined) return undefined;
    const now = this.clock.now();
    if (demand !== undefined) {
      if (entry.freshUntil + demand.maxStale <= now || policy.packing.mayBeStale?.(entry) !== true) return undefined;
      this.telemetry.stale(key);
      return { kind: "stale", entry, fill: undefined };
    }
    if (entry.staleUntil <= now) return undefined;
    this.telemetry.stale(key);
    const busy = lookup.mark === undefined || this.#flights.of(key) !== undefined || this.#resting.has(key, now);
    return { kind: "stale", entry, fill: busy ? undefined : this.#lead(key, policy, lookup) };
  }

  #join(
    key: string,
    policy: Policy,
    lookup: Lookup,
    demand: Demand | undefined,
    retries: number,
  ): Entrance | Promise<Entrance> {
    if (this.#unshared.has(key, this.clock.now())) return this.lone(key, policy, lookup);
    const flight = this.#flights.of(key);
    return flight === undefined || this.#isPast(flight)
      ? this.#lead(key, policy, lookup)
      : this.#follow(flight, key, policy, lookup, demand, retries);
  }

  /** Whether what a load gave has expired while it is still being written. */
  #isPast({ ended }: Flight): boolean {
    return ended?.type === "entry" && ended.entry.freshUntil <= this.clock.now();
  }

  /** The mark of an entry that has just been found valid is as good a beginning for a load as a new one. */
  #lookupFrom(entry: Entry): Lookup {
    return { kind: "lookup", mark: entry.mark, generation: this.store.generation, stale: entry };
  }

  /** The fresh entry under `key`, if there is one that suits; never a task. */
  peek(key: string, policy: Policy, demand?: Demand): Entry | undefined | Promise<Entry | undefined> {
    const found = this.store.read(key, policy.labels, policy.packing);
    return isPromise(found)
      ? found.then((settled) => this.#look(key, policy, settled, demand))
      : this.#look(key, policy, found, demand);
  }

  #look(key: string, policy: Policy, found: Entry | Lookup, demand: Demand | undefined): Entry | undefined {
    if (found.kind === "entry" && (demand === undefined || this.#suits(found, demand))) {
      this.#hit(key, found, policy);
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
    const lookup = { ...this.#lookupFrom(entry), stale: undefined };
    const ended = this.#flights.of(key)?.ended;
    // What loads give cannot be read either: to wait for more of it would be in vain.
    if (again || (ended?.type === "entry" && ended.entry === entry)) return this.lone(key, policy, lookup);
    return this.#join(key, policy, lookup, undefined, mostRetries);
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
  lone(key: string, policy: Policy, lookup: Lookup): Fill {
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
    demand: Demand | undefined,
    retries: number,
  ): Promise<Entrance> {
    const early = flight.ended === undefined;
    const outcome = await this.#await(flight);
    if (outcome === undefined) {
      // Too long: the next one who comes shall not wait for that load as well.
      return this.#flights.of(key) === flight ? this.#lead(key, policy, lookup) : this.lone(key, policy, lookup);
    }
    if (outcome.type === "none") return this.lone(key, policy, lookup);
    if (outcome.type !== "error") {
      const allowed = await this.#mayHave(flight, policy, lookup, early);
      if (allowed !== true && retries >= mostRetries) return this.lone(key, policy, lookup);
      if (allowed !== true) this.#flights.land(key, flight);
      if (allowed === false) return this.#enter(key, policy, demand, retries + 1);
      // The backend has just gone: what this caller learnt from it is no longer of use.
      if (allowed === undefined) return this.#join(key, policy, { ...lookup, mark: undefined }, demand, retries + 1);
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
    if (settlement.tags !== undefined) flight.labels = [...policy.labels, ...settlement.tags.map(tagLabel)];
    const lifetime = { ...policy, ...settlement };
    const entry = this.#pack(settlement.key ?? key, policy.packing, value, lifetime, flight.labels, flight.lookup.mark);
    flight.settle(entry === undefined ? { type: "value", value } : { type: "entry", entry });
    const now = this.clock.now();
    if (entry === undefined || entry.expiresAt <= now || flight.lookup.mark === undefined || flight.fenced) {
      this.#flights.land(key, flight);
      return entry;
    }
    this.#unshared.delete(key);
    if (flight.labels.length > policy.labels.length) this.store.introduce(flight.labels);
    const written = this.write(entry);
    // Who has looked the key up before it was written, and comes back only now, still finds the flight and its value.
    if (isPromise(written)) written.then(() => this.#flights.land(key, flight));
    else this.#flights.land(key, flight);
    return entry;
  }

  /** Stores what a load makes beside its value. */
  beside(key: string, policy: Policy, { lookup, labels, fenced }: Flight, value: unknown): void {
    if (lookup.mark === undefined || fenced) return;
    const entry = this.#pack(key, policy.packing, value, policy, labels, lookup.mark);
    if (entry !== undefined) this.write(entry);
  }

  /** A load ended without a value for others. */
  end(key: string, flight: Flight, outcome: Outcome): void {
    const now = this.clock.now();
    if (flight.lookup.stale !== undefined) this.#resting.set(key, now + restAfterFailure);
    if (outcome.type === "none" && flight.waiting > 0) this.#unshared.set(key, now + unsharedFor);
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
    const entry = policy.ttl === 0 ? undefined : this.#pack(key, policy.packing, value, policy, policy.labels, mark);
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
    { ttl, staleFor = 0, errorFor = 0, keepFor = 0 }: Lifetime,
    labels: readonly string[],
    mark: Mark = nowhere,
  ): Entry | undefined {
    const storedAt = this.clock.now();
    const freshUntil = storedAt + ttl;
    const staleUntil = freshUntil + staleFor;
    const errorUntil = freshUntil + errorFor;
    const expiresAt = Math.max(staleUntil, errorUntil, freshUntil + keepFor);
    const { coder } = packing;
    const facts: EntryFacts = { key, coder, storedAt, freshUntil, staleUntil, errorUntil, expiresAt, mark, labels };
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
