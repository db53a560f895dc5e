import { onAbort } from "./abort.ts";
import type { Mark } from "./backend.ts";
import { Changes } from "./changes.ts";
import type { Clock } from "./clock.ts";
import { isDue } from "./early-refresh.ts";
import { type Entry, mayStandIn } from "./entry.ts";
import { type Failure, Failures } from "./failures.ts";
import { Fill, type Lifetime, type Settlement } from "./fill.ts";
import { Flight, type Outcome } from "./flight.ts";
import { Flights } from "./flights.ts";
import { jittered } from "./jitter.ts";
import { sameLabels, sharedLabels, tagLabel } from "./labels.ts";
import type { Lease } from "./lease.ts";
import type { Packing } from "./packing.ts";
import { isPromise } from "./promise.ts";
import { PurgeLog } from "./purge-log.ts";
import { Reminders } from "./reminders.ts";
import { tailOf } from "./space.ts";
import type { Lookup, Store } from "./store.ts";
import type { Telemetry } from "./telemetry.ts";
import { judgeValidity } from "./validity.ts";
import type { Title } from "./writer.ts";

/** What is the same for all entries of one use: of a wrapped function, a route, a call. */
export interface Policy extends Lifetime {
  /** The labels that are known before a load: the whole cache, the namespace, fixed tags. */
  readonly labels: readonly string[];
  readonly packing: Packing;
  /** The key of the index that led to the entries; a delete of that key keeps loads of theirs from being stored. */
  readonly under?: string;
  /** The share of `ttl` by which it is shortened at random, at most. */
  readonly jitter?: number;
  /** The beta of early refreshes, see `isDue`. */
  readonly early?: number | undefined;
  /** Milliseconds after which a caller who may have a stale entry waits no longer for a load. */
  readonly soft?: number;
  /** Milliseconds for which a failure is remembered. Without it none is, not even while an entry stands in for it. */
  readonly errorTtl?: number;
  /** Tells that the caller has gone. */
  readonly signal?: AbortSignal | undefined;
}

/** What a caller asks of an entry beyond being fresh. All in milliseconds. */
export interface Demand {
  /** Nothing older than this; below 0 for nothing that was not asked about just now. */
  readonly maxAge: number;
  /** Nothing that is fresh for less than this. */
  readonly minFresh: number;
  /** What has not been stale for longer than this is good enough. */
  readonly maxStale: number;
  /** What is fresh and was stored no longer ago than this is good enough, whatever else is asked. */
  readonly reloadEvery: number;
}

/** An entry that may be served although it is stale, or soon will be. With a `fill`, the caller is the one to load it anew. */
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

/** A load that was waited for gave an entry for another key, to which an index leads; it need not be for this caller. */
export interface Detour {
  readonly kind: "detour";
  readonly entry: Entry;
  readonly index: Entry;
}

/** What a caller gets: something to use, or the task of loading it. */
export type Entrance = Entry | Stale | Handover | Detour | Fill;

/** How long a stale entry is left alone after it could not be loaded anew. */
const restAfterFailure = 1000;

/** How long nobody waits for loads of a key, after some have waited in vain. */
const unsharedFor = 10_000;

/** How long a value that has begun to come in pieces is waited for. */
const streamPatience = 1000;

/** How long to wait before a lease that somebody else has is tried again: longer and longer. */
const shortestPause = 5;
const longestPause = 100;

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
  readonly #writes = new Set<Promise<unknown>>();
  readonly #changes = new Changes();
  /** Stale entries that could not be loaded anew just now. */
  readonly #resting = new Reminders(restAfterFailure);
  /** Keys whose loads are not worth waiting for. */
  readonly #unshared = new Reminders(unsharedFor);
  readonly #failures = new Failures();
  /** Keys that were deleted or set by hand. */
  readonly #removals = new PurgeLog();
  readonly #random: () => number;

  constructor(store: Store, clock: Clock, telemetry: Telemetry, patience: number, random: () => number) {
    this.store = store;
    this.clock = clock;
    this.telemetry = telemetry;
    this.#patience = patience;
    this.#random = random;
  }

  /**
   * The entry under `key`, or the value of a load that was under way, or a `Fill`: then the caller must load, and tell
   * the fill how that ended. Answers at once where the backend does. Rejects only with the error of a shared load.
   */
  enter(key: string, policy: Policy, demand?: Demand): Entrance | Promise<Entrance> {
    return this.#enter(key, policy, demand, 0);
  }

  /** As `enter`, for many keys: nobody's load is waited for before all have been read. */
  async enterMany(keys: readonly string[], policy: Policy): Promise<(Entrance | Promise<Entrance>)[]> {
    const since = this.#moment();
    const found = await this.#readMany(keys, policy);
    const entrances = found.map((one, index) => {
      const key = keys[index] as string;
      const entrance = this.#isPassed(since, key, one)
        ? this.#enter(key, policy, undefined, 1)
        : this.#admit(key, policy, one, undefined, 0);
      // Whoever it is handed to comes to know of an error; until then it is nobody's fault.
      if (isPromise(entrance)) entrance.catch(() => {});
      return entrance;
    });
    return Promise.all(
      entrances.map(async (entrance) => {
        if (!isPromise(entrance)) return [entrance] as const;
        const turn = (entrance as Waiting)[waitsFor];
        if (turn === "lease") return [await entrance] as const;
        // Wrapped, so that what others load is not waited for here.
        return [turn !== undefined && (await turn.first) === undefined ? turn.fill : entrance] as const;
      }),
    ).then((wrapped) => wrapped.map(([entrance]) => entrance));
  }

  /** As `peek`, for many keys. */
  peekMany(keys: readonly string[], policy: Policy): Promise<(Entry | undefined)[]> {
    const any = () => true;
    return this.#readMany(keys, policy).then((found) =>
      found.map((one, index) => this.#look(keys[index] as string, policy, one, undefined, any) as Entry | undefined),
    );
  }

  /** All at once, so that a client that collects commands sends them together. */
  #readMany(keys: readonly string[], { labels, packing }: Policy): Promise<(Entry | Lookup)[]> {
    return Promise.all(keys.map((key) => this.store.read(key, labels, packing)));
  }

  #enter(key: string, policy: Policy, demand: Demand | undefined, retries: number): Entrance | Promise<Entrance> {
    const since = this.#moment();
    const found = this.store.read(key, policy.labels, policy.packing);
    if (!isPromise(found)) return this.#admit(key, policy, found, demand, retries);
    return found.then((settled) => {
      if (!this.#isPassed(since, key, settled)) return this.#admit(key, policy, settled, demand, retries);
      if (retries < mostRetries) return this.#enter(key, policy, demand, retries + 1);
      const lookup = settled.kind === "entry" ? this.#lookupFrom(settled) : settled;
      return this.#join(key, policy, { ...lookup, stale: undefined }, demand, retries);
    });
  }

  #moment(): Moment {
    return { removals: this.#removals.count, purges: this.store.purges };
  }

  /**
   * Whether what was read may be what was there before a removal or a purge that came meanwhile. The caller may have it,
   * but those who come later must not get it from this caller.
   */
  #isPassed({ removals, purges }: Moment, key: string, found: Entry | Lookup): boolean {
    if (removals === this.#removals.count && purges === this.store.purges) return false;
    if (this.#removals.touchedSince(removals, [key])) return true;
    return found.kind === "entry" && this.store.purgedSince(purges, found.labels);
  }

  #admit(
    key: string,
    policy: Policy,
    found: Entry | Lookup,
    demand: Demand | undefined,
    retries: number,
  ): Entrance | Promise<Entrance> {
    const index = this.#indexIn(found, policy);
    if (index !== undefined) return index;
    if (found.kind === "lookup") {
      return this.#stale(key, policy, found, demand) ?? this.#join(key, policy, found, demand, retries);
    }
    if (demand !== undefined && !this.#suits(found, demand, policy) && !this.#rests(key, demand)) {
      return this.#join(key, policy, this.#lookupFrom(found), demand, retries);
    }
    this.telemetry.hit(found);
    return policy.early === undefined ? found : (this.#early(key, policy, found, policy.early) ?? found);
  }

  /** A fresh entry with the task of loading it anew, if it is time for that and nobody does it yet. */
  #early(key: string, policy: Policy, entry: Entry, beta: number): Stale | Promise<Stale | Entry> | undefined {
    const now = this.clock.now();
    if (!isDue(entry, beta, now, this.#random)) return undefined;
    if (this.#flights.of(key) !== undefined || this.#resting.has(key, now)) return undefined;
    return this.#refresh(key, policy, this.#lookupFrom(entry), entry);
  }

  /**
   * An index, if that is what was found: it leads to the entry that counts, and what is asked of that is not asked of
   * the index. All labels of the index are the entries' own as well, so a soft purge of it has reached them too.
   */
  #indexIn(found: Entry | Lookup, { packing }: Policy): Entry | undefined {
    const entry = found.kind === "entry" ? found : found.stale;
    if (entry === undefined || entry.coder !== packing.indexCoder) return undefined;
    return entry.freshUntil > this.clock.now() ? entry : undefined;
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
    const admit = (settled: Entry | Lookup): Entry | Fill | Promise<Fill> => {
      const index = this.#indexIn(settled, policy);
      if (index !== undefined) return index;
      const lookup = settled.kind === "lookup" ? settled : this.#lookupFrom(settled);
      // What the caller may not have is not to be asked about, nor to stand in, either.
      if (lookup.stale !== undefined && !may(lookup.stale))
        return this.lone(key, policy, { ...lookup, stale: undefined });
      if (settled.kind === "lookup" || (demand !== undefined && !this.#suits(settled, demand, policy))) {
        return this.lone(key, policy, lookup);
      }
      this.telemetry.hit(settled);
      return settled;
    };
    return isPromise(found) ? found.then(admit) : admit(found);
  }

  /** What could not be loaded anew just now is left alone for a while, whatever is asked. */
  #rests(key: string, { reloadEvery }: Demand): boolean {
    return reloadEvery > 0 && this.#resting.has(key, this.clock.now());
  }

  #suits(entry: Entry, { maxAge, minFresh, reloadEvery }: Demand, { packing }: Policy): boolean {
    const now = this.clock.now();
    const held = now - entry.storedAt;
    if (reloadEvery > 0 && held <= reloadEvery) return true;
    return held + (packing.ageOf?.(entry) ?? 0) <= maxAge && entry.freshUntil - now >= minFresh;
  }

  /** A stale entry that may be served now, if there is one. */
  #stale(
    key: string,
    policy: Policy,
    lookup: Lookup,
    demand: Demand | undefined,
  ): Stale | Promise<Stale | Entry> | undefined {
    const { stale: entry } = lookup;
    if (entry === undefined) return undefined;
    if (demand !== undefined) return this.#staleOnDemand(key, policy, entry, demand);
    const now = this.clock.now();
    // Purged softly, it may be far from the end of its time; it needs leave to be served stale all the same.
    if (entry.staleUntil <= Math.max(entry.freshUntil, now)) {
      if (!mayStandIn(entry, now) || !this.#failedJustNow(key, policy, now)) return undefined;
      this.telemetry.stale(key);
      return { kind: "stale", entry, fill: undefined };
    }
    this.telemetry.stale(key);
    const busy = lookup.mark === undefined || this.#flights.of(key) !== undefined || this.#resting.has(key, now);
    return busy ? { kind: "stale", entry, fill: undefined } : this.#refresh(key, policy, lookup, entry);
  }

  /** An entry with the task of loading it anew, if no other process is at it. */
  #refresh(key: string, policy: Policy, lookup: Lookup, stale: Entry): Stale | Promise<Stale | Entry> {
    const [flight, fill] = this.#open(key, policy, lookup);
    const lease = this.store.lease(key);
    if (lease === undefined) return { kind: "stale", entry: stale, fill };
    const refresh = this.#take(flight, lease, policy, undefined, false).then((taken): Stale | Entry => {
      if (taken === "busy") fill.giveWay();
      else if (taken !== undefined) fill.adopt(taken);
      return typeof taken === "object"
        ? taken
        : { kind: "stale", entry: stale, fill: taken === "busy" ? undefined : fill };
    });
    return waiting(refresh, "lease");
  }

  /** Whether a load has failed so recently that an entry that may stand in for it does so without another one. */
  #failedJustNow(key: string, { errorTtl }: Policy, now: number): boolean {
    if (errorTtl === undefined) return false;
    return this.#failures.recent(key, Math.max(errorTtl, restAfterFailure), now) !== undefined;
  }

  /** For callers who say that they would take it stale. Not if it was purged softly: nobody knows when that was. */
  #staleOnDemand(key: string, policy: Policy, entry: Entry, demand: Demand): Stale | undefined {
    const { maxAge, minFresh, maxStale } = demand;
    const { packing } = policy;
    const now = this.clock.now();
    if (minFresh > 0 || entry.freshUntil > now || entry.freshUntil + maxStale <= now) return undefined;
    if (now - entry.storedAt + (packing.ageOf?.(entry) ?? 0) > maxAge) return undefined;
    if (packing.mayBeStale?.(entry) !== true) return undefined;
    this.telemetry.stale(key);
    return { kind: "stale", entry, fill: undefined };
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
    if (flight === undefined || this.#isPast(flight)) {
      const failure = this.#failureOf(key, policy, lookup);
      if (failure === undefined) return this.#lead(key, policy, lookup, demand);
      this.telemetry.shared();
      return Promise.reject(failure.error);
    }
    if (flight.slow) return this.#overtake(flight, key, policy, lookup, demand);
    const allowed = this.#mayShare(flight, policy, lookup);
    return allowed === false
      ? this.#lead(key, policy, lookup, demand)
      : this.#follow(flight, key, policy, lookup, allowed, demand, retries);
  }

  /** A failure that the caller gets instead of a load: one that is recent, and not from before a purge. */
  #failureOf(key: string, policy: Policy, lookup: Lookup): Failure | undefined {
    const { errorTtl = 0 } = policy;
    if (errorTtl === 0) return undefined;
    const failure = this.#failures.recent(key, errorTtl, this.clock.now());
    if (failure === undefined) return undefined;
    if (sameLabels(failure.labels, policy.labels) && this.#mayShare(failure, policy, lookup) === true) return failure;
    this.#failures.delete(key);
    return undefined;
  }

  /** Whether what a load gave has expired while it is still being written. */
  #isPast({ ended }: Flight): boolean {
    return ended?.type === "entry" && ended.entry.freshUntil <= this.clock.now();
  }

  /**
   * Whether a caller may have what a load gives that began before the caller came: not if a purge lies in between.
   * `undefined`: the backend has to be asked.
   */
  #mayShare(flight: Pick<Flight, "lookup" | "labels">, policy: Policy, lookup: Lookup): boolean | undefined {
    const { mark, purges } = flight.lookup;
    if (lookup.mark === undefined) return lookup.purges === purges || !this.store.purgedSince(purges, flight.labels);
    if (mark === undefined) return false;
    if (lookup.exact && lookup.mark === mark) return true;
    if (lookup.stamps === undefined || !sameLabels(flight.labels, policy.labels)) {
      return this.store.isValidNow(mark, flight.labels);
    }
    if (judgeValidity(mark, { mark: lookup.mark, stamps: lookup.stamps }) === "valid") return true;
    // The load may also have begun only after this caller had looked.
    return lookup.mark.epoch === mark.epoch && lookup.mark.seq < mark.seq ? undefined : false;
  }

  /** The mark of an entry that has just been found valid is as good a beginning for a load as a new one. */
  #lookupFrom(entry: Entry): Lookup {
    return { kind: "lookup", mark: entry.mark, exact: false, purges: this.store.purges, stale: entry };
  }

  /** The fresh entry under `key`, if there is one; never a task. */
  peek(key: string, policy: Policy): Entry | undefined | Promise<Entry | undefined>;
  /** The entry under `key`, if there is one that suits, and that `may` allows; never a task. */
  peek(
    key: string,
    policy: Policy,
    demand: Demand | undefined,
    may: ((entry: Entry) => boolean) | undefined,
  ): Entry | Stale | undefined | Promise<Entry | Stale | undefined>;
  peek(
    key: string,
    policy: Policy,
    demand?: Demand,
    may: (entry: Entry) => boolean = () => true,
  ): Entry | Stale | undefined | Promise<Entry | Stale | undefined> {
    const found = this.store.read(key, policy.labels, policy.packing);
    return isPromise(found)
      ? found.then((settled) => this.#look(key, policy, settled, demand, may))
      : this.#look(key, policy, found, demand, may);
  }

  #look(
    key: string,
    policy: Policy,
    found: Entry | Lookup,
    demand: Demand | undefined,
    may: (entry: Entry) => boolean,
  ): Entry | Stale | undefined {
    const index = this.#indexIn(found, policy);
    if (index !== undefined) return index;
    const entry = found.kind === "entry" ? found : found.stale;
    if (entry !== undefined && may(entry)) {
      if (found.kind === "entry" && (demand === undefined || this.#suits(entry, demand, policy))) {
        this.telemetry.hit(entry);
        return entry;
      }
      const stale = demand && found.kind === "lookup" ? this.#staleOnDemand(key, policy, entry, demand) : undefined;
      if (stale !== undefined) return stale;
    }
    this.telemetry.miss(key);
    return undefined;
  }

  /** Begins a load whatever is stored. */
  async renew(key: string, policy: Policy): Promise<Fill> {
    const { purges } = this.store;
    const mark = await this.store.mark(policy.labels);
    const [flight, fill] = this.#open(key, policy, { kind: "lookup", mark, exact: false, purges });
    const lease = mark && this.store.lease(key);
    if (lease !== undefined) await this.#take(flight, lease, policy, nothingStored, true);
    return fill;
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
  #open(key: string, policy: Policy, lookup: Lookup): [Flight, Fill] {
    this.telemetry.miss(key);
    this.#flights.fence(key);
    const flight = new Flight(key, policy, lookup);
    this.#flights.lead(flight);
    return [flight, new Fill(this, key, policy, flight)];
  }

  /**
   * As `#open`, once no other process loads the same; what that one has stored comes in place of the task. `impatient`:
   * there was enough waiting already.
   */
  #lead(
    key: string,
    policy: Policy,
    lookup: Lookup,
    demand: Demand | undefined,
    impatient = false,
  ): Entrance | Promise<Entrance> {
    const [flight, fill] = this.#open(key, policy, lookup);
    return this.#whenLeased(flight, fill, policy, demand, impatient);
  }

  /** Begins a load that others will follow, beside a slow one: whichever ends is stored. */
  #overtake(
    slow: Flight,
    key: string,
    policy: Policy,
    lookup: Lookup,
    demand: Demand | undefined,
  ): Entrance | Promise<Entrance> {
    this.telemetry.miss(key);
    this.#flights.detach(slow);
    const flight = new Flight(key, policy, lookup);
    this.#flights.lead(flight);
    return this.#whenLeased(flight, new Fill(this, key, policy, flight), policy, demand, true);
  }

  /** Begins a load of which nobody else knows. It waits for nobody; where another process loads, it is not stored. */
  lone(key: string, policy: Policy, lookup: Lookup): Fill | Promise<Fill> {
    this.telemetry.miss(key);
    const flight = new Flight(key, policy, lookup);
    this.#flights.detach(flight);
    const fill = new Fill(this, key, policy, flight);
    const lease = lookup.mark && this.store.lease(key);
    if (lease === undefined) return fill;
    const leased = this.#take(flight, lease, policy, nothingStored, false).then(() => fill);
    return waiting(leased, "lease");
  }

  /** The task, as soon as it is this process's turn, or what another process has stored meanwhile. */
  #whenLeased(
    flight: Flight,
    fill: Fill,
    policy: Policy,
    demand: Demand | undefined,
    impatient: boolean,
  ): Entrance | Promise<Entrance> {
    const lease = flight.lookup.mark && this.store.lease(flight.key);
    if (lease === undefined) return fill;
    const first = this.#take(flight, lease, policy, demand, impatient);
    const turn = this.#takeTurns(flight, fill, lease, policy, demand, first);
    return waiting(turn, { fill, first });
  }

  async #takeTurns(
    flight: Flight,
    fill: Fill,
    lease: Lease,
    policy: Policy,
    demand: Demand | undefined,
    first: Promise<Entry | "busy" | undefined>,
  ): Promise<Entrance> {
    const { soft = Number.POSITIVE_INFINITY } = policy;
    const began = this.clock.now();
    let attempt = first;
    for (let pause = shortestPause; ; pause = Math.min(2 * pause, longestPause)) {
      const taken = await attempt;
      if (typeof taken === "object") {
        fill.adopt(taken);
        this.telemetry.shared();
        return taken;
      }
      // Deleted meanwhile: nobody waits for this load any more, and it will not be stored.
      if (taken !== "busy" || flight.fenced) return fill;
      flight.queued = true;
      const { stale } = flight.lookup;
      const waited = this.clock.now() - began;
      if (waited >= soft && stale !== undefined && this.mayTakePlace(stale, flight)) {
        fill.giveWay();
        this.telemetry.stale(flight.key);
        return { kind: "stale", entry: stale, fill: undefined };
      }
      const rest = waited < soft ? Math.min(pause, soft - waited) : pause;
      await new Promise<void>((resolve) => {
        this.clock.after(rest, resolve);
      });
      attempt = this.#take(flight, lease, policy, demand, this.clock.now() - began >= this.#patience);
    }
  }

  /**
   * Tries to take the lease for a load. Gives `"busy"`, or the entry that makes the load unnecessary, or nothing: then
   * the load may begin. It is stored only if it got the lease.
   */
  async #take(
    flight: Flight,
    lease: Lease,
    policy: Policy,
    demand: Demand | undefined,
    force: boolean,
  ): Promise<Entry | "busy" | undefined> {
    const taken = await this.store.take(lease, policy.labels, policy.packing, force);
    if (taken.kind !== "held") return taken.kind === "busy" ? taken.kind : undefined;
    const { lookup, entry } = taken;
    if (entry !== undefined && demand !== nothingStored && this.#serves(entry, flight, policy, demand)) {
      this.#track(lease.release());
      return entry;
    }
    flight.lease = lease;
    flight.lookup = lookup.stale === undefined ? { ...lookup, stale: flight.lookup.stale } : lookup;
    return undefined;
  }

  /** Whether a fresh entry that another process may have stored makes a load unnecessary. */
  #serves(entry: Entry, { lookup }: Flight, policy: Policy, demand: Demand | undefined): boolean {
    if (isSame(entry, lookup.stale)) return false;
    return demand === undefined || entry.coder === policy.packing.indexCoder || this.#suits(entry, demand, policy);
  }

  /** `allowed`: whether the caller may share what is known of the load so far, see `#mayShare`. */
  async #follow(
    flight: Flight,
    key: string,
    policy: Policy,
    lookup: Lookup,
    allowed: boolean | undefined,
    demand: Demand | undefined,
    retries: number,
  ): Promise<Entrance> {
    const { ended, labels, lease } = flight;
    // A removal in another process ends the lease, and nothing else tells of it.
    const held = ended === undefined ? lease?.isHeld() : undefined;
    const outcome = await this.#await(flight, policy, lookup.stale, held);
    if (outcome?.type === "overdue") {
      this.telemetry.stale(key);
      return { kind: "stale", entry: outcome.entry, fill: undefined };
    }
    // Deleted meanwhile, what was there before is not to be served by anybody who comes back to it.
    const left = flight.fenced ? { ...lookup, stale: undefined } : lookup;
    if (outcome === undefined && flight.slow) {
      return retries < mostRetries ? this.#join(key, policy, left, demand, mostRetries) : this.lone(key, policy, left);
    }
    if (outcome === undefined && (await held) === false) {
      if (this.#flights.of(key) === flight) this.#flights.fence(key);
      return retries < mostRetries ? this.#enter(key, policy, demand, retries + 1) : this.lone(key, policy, left);
    }
    if (outcome === undefined) {
      // Too long: the next one who comes shall not wait for that load as well.
      return this.#flights.of(key) === flight
        ? this.#lead(key, policy, left, demand, true)
        : this.lone(key, policy, left);
    }
    if (outcome.type === "yielded" && retries < mostRetries) {
      return this.#join(key, policy, left, demand, retries + 1);
    }
    if (outcome.type === "yielded") return this.lone(key, policy, left);
    if (outcome.type === "none") {
      // Of a load that had ended before this caller came, nothing is known that the caller has not looked up itself.
      const stale = outcome.stale === undefined || ended !== undefined ? lookup.stale : (outcome.stale ?? undefined);
      return this.lone(key, policy, { ...lookup, stale });
    }
    if (outcome.type !== "error") {
      const known = flight.labels === labels ? allowed : this.#mayShare(flight, policy, lookup);
      // What is stored of it, or is just being stored, may have been removed again before this caller looked.
      const stored = ended !== undefined && lease !== undefined && lookup.mark !== undefined;
      // If the lease was lost only as the key was filled, what is stored now is as good.
      const lost = stored || (held !== undefined && (await held) === false);
      const valid = lost ? false : (known ?? (await this.#isValid(flight, ended === undefined)));
      if (valid !== true && retries >= mostRetries) return this.lone(key, policy, lookup);
      if (valid !== true) this.#flights.land(flight);
      if (valid === false) return this.#enter(key, policy, demand, retries + 1);
      // The backend has just gone: what this caller learnt from it is no longer of use.
      if (valid === undefined) return this.#join(key, policy, { ...lookup, mark: undefined }, demand, retries + 1);
    }
    if (outcome.type === "entry" && outcome.index !== undefined) {
      return { kind: "detour", entry: outcome.entry, index: outcome.index };
    }
    this.telemetry.shared();
    if (outcome.type === "error") throw outcome.error;
    return outcome.type === "entry" ? outcome.entry : { kind: "handover", value: outcome.value };
  }

  /**
   * The outcome, or `undefined` when patience has run out, the load has turned out to be slow, or its lease is not `held`; or
   * the entry that may take its place when it is overdue. Rejects when the caller has gone.
   */
  #await(
    flight: Flight,
    { soft = Number.POSITIVE_INFINITY, signal }: Policy,
    stale: Entry | undefined,
    held: Promise<boolean | undefined> | undefined,
  ): Promise<Outcome | Overdue | undefined> {
    flight.waiting++;
    return new Promise((resolve, reject) => {
      let waits = true;
      const stops: (() => void)[] = [];
      const stop = (): void => {
        waits = false;
        for (const each of stops) each();
      };
      const leave = (): void => {
        stop();
        flight.leave();
        resolve(undefined);
      };
      stops.push(this.clock.after(this.#patience, leave), flight.onSlow(leave));
      held?.then((isHeld) => {
        if (isHeld === false && waits && flight.ended === undefined) leave();
      });
      if (stale !== undefined && soft < this.#patience) {
        stops.push(
          this.clock.after(soft, () => {
            if (!this.mayTakePlace(stale, flight)) return;
            stop();
            // Stays one of those for whom it goes on, now in the background.
            resolve({ type: "overdue", entry: stale });
          }),
        );
      }
      if (signal !== undefined) {
        stops.push(
          onAbort(signal, (reason) => {
            reject(reason);
            leave();
          }),
        );
      }
      flight.outcome.then((outcome) => {
        stop();
        resolve(outcome);
      });
    });
  }

  /** Whether a stale entry may be served in place of what a load that is still under way will give. */
  mayTakePlace(stale: Entry, { fenced, lookup: { purges } }: Flight): boolean {
    return !fenced && mayStandIn(stale, this.clock.now()) && !this.store.purgedSince(purges, stale.labels);
  }

  /** What a load gives has begun to come. How long it takes may depend on nobody but the client of that load. */
  streams(flight: Flight): void {
    const cancel = this.clock.after(streamPatience, () => flight.turnSlow());
    flight.outcome.then(cancel);
  }

  /** Whether no purge has touched what a load gave. `early`: for a caller who has waited since before it ended. */
  #isValid(flight: Flight, early: boolean): Promise<boolean | undefined> {
    const { lookup, labels } = flight;
    if (!early) return this.store.isValid(lookup.mark, labels);
    // Asked once for all of them: none has come later than this.
    flight.validity ??= this.store.isValid(lookup.mark, labels);
    return flight.validity;
  }

  /** From now on nobody joins this load; those who wait for it still get its outcome. */
  detach(flight: Flight): void {
    this.#flights.detach(flight);
  }

  /** A load gave a value: it is shared with those who wait, and stored. The entry, if the value can be one. */
  commit(key: string, policy: Policy, flight: Flight, value: unknown, settlement: Settlement): Entry | undefined {
    if (settlement.tags !== undefined) flight.labels = [...policy.labels, ...settlement.tags.map(tagLabel)];
    const lifetime = lifetimeOf(policy, settlement);
    const { key: place = key, index, mustAsk = false } = settlement;
    const entry = this.#pack(
      place,
      policy.packing,
      value,
      lifetime,
      flight.labels,
      flight.lookup.mark,
      flight.loadTime,
      settlement.tail,
    );
    this.#failures.delete(key);
    if (entry === undefined) flight.settle({ type: "value", value });
    else if (mustAsk) flight.settle({ type: "none", stale: place === key ? entry : null });
    else flight.settle({ type: "entry", entry, index: place === key ? undefined : index });
    const now = this.clock.now();
    if (entry === undefined || entry.expiresAt <= now || !this.storable(flight)) {
      if (entry === undefined || entry.expiresAt <= now) this.drop(flight);
      // Other processes have waited for it in vain, and would do so one after the other.
      if (flight.queued) this.#unshared.set(key, now);
      this.#land(flight);
      return entry;
    }
    if (!mustAsk) this.#unshared.delete(key);
    else if (flight.waiting > 0) this.#unshared.set(key, now);
    if (flight.labels.length > policy.labels.length) this.store.introduce(flight.labels);
    const tell = flight.lookup.stale !== undefined;
    const written = this.#write(entry, { lease: flight.lease, keep: false, tell });
    // Who has looked the key up before it was written, and comes back only now, still finds the flight and its value.
    if (isPromise(written)) written.then(() => this.#land(flight));
    else this.#land(flight);
    return entry;
  }

  /** Whether what a load gives may be stored: not while the backend is out of reach, nor after the key was deleted. */
  storable({ lookup, fenced, lease }: Flight): boolean {
    return lookup.mark !== undefined && !fenced && (lease !== undefined || !this.store.leased);
  }

  /** A load has come to its end, and nothing of it is still to be stored. */
  #land(flight: Flight): void {
    this.#flights.land(flight);
    if (flight.lease !== undefined) this.#track(flight.lease.release());
  }

  /**
   * What a load makes beside its value, and stores if it may store anything; in place of `old`, if that is what is there.
   */
  beside(key: string, policy: Policy, flight: Flight, value: unknown, old: Entry | undefined): Entry | undefined {
    const { lookup, labels, lease } = flight;
    const entry = this.#pack(key, policy.packing, value, policy, labels, lookup.mark);
    if (entry === undefined || !this.storable(flight)) return entry;
    if (lease === undefined || lease.key === key) this.#write(entry, { lease, keep: true, tell: false });
    else this.#track(this.#replace(entry, policy, old));
    return entry;
  }

  /** Stores an entry whose key the load has no lease for: if nobody has removed what was there when it began. */
  async #replace(entry: Entry, policy: Policy, old: Entry | undefined): Promise<boolean> {
    const lease = this.store.lease(entry.key);
    if (lease === undefined) return false;
    const taken = await this.store.take(lease, policy.labels, policy.packing, true);
    if (taken.kind !== "held") return false;
    const stored = isSame(taken.entry, old) && (await this.store.write(entry, { lease, keep: false, tell: true }));
    await lease.release();
    return stored;
  }

  /** Removes what a load was to take the place of, as it gave nothing that could. A failure is made up for later. */
  drop({ lookup: { stale }, fenced }: Flight): void {
    if (stale !== undefined && !fenced) this.store.remove(stale.key).catch(() => {});
  }

  /** A load ended without a value for others. */
  end(key: string, flight: Flight, outcome: Outcome): void {
    const now = this.clock.now();
    if (flight.lookup.stale !== undefined) this.#resting.set(key, now);
    if (outcome.type === "none" && (flight.waiting > 0 || flight.queued)) this.#unshared.set(key, now);
    this.#land(flight);
    flight.settle(outcome);
  }

  /** A load has failed: for a while that may be enough to know. */
  remember(key: string, { errorTtl }: Policy, { lookup, labels, fenced }: Flight, error: unknown): void {
    if (errorTtl === undefined || fenced || (errorTtl === 0 && lookup.stale === undefined)) return;
    this.#failures.set(key, { error, at: this.clock.now(), lookup: { ...lookup, stale: undefined }, labels });
  }

  /** A load ended because another one of the same caller takes its place. */
  yield(flight: Flight): void {
    this.#land(flight);
    flight.settle({ type: "yielded" });
  }

  /** Another process has stored what a load was to give. */
  adopt(flight: Flight, policy: Policy, entry: Entry): void {
    this.#flights.land(flight);
    // All of those who wait have to start over where it only leads to what counts.
    if (entry.coder === policy.packing.indexCoder) {
      flight.settle({ type: "yielded" });
      return;
    }
    // It may be older than the load that is not needed now: who came after a purge in between may not have it.
    flight.lookup = { ...flight.lookup, mark: entry.mark };
    flight.labels = entry.labels;
    flight.settle({ type: "entry", entry });
  }

  /** Removes an entry, and keeps loads under way from bringing it back. Rejects as `Store.remove` does. */
  remove(key: string): Promise<boolean> {
    return this.#changes.make(key, async () => {
      this.#fence(key);
      try {
        return await this.store.remove(key);
      } finally {
        // Those that began before it was gone may have found the old state of things as well.
        this.#fence(key);
      }
    });
  }

  /** What is known of a key from before this moment, and what is being loaded for it, is of no use to anybody else. */
  #fence(key: string): void {
    this.#flights.fence(key);
    this.#failures.delete(key);
    this.#removals.add([key]);
  }

  /** Puts a value in without a load. Says whether it was stored; if not, what was there before is gone all the same. */
  put(key: string, policy: Policy, value: unknown, tail?: string): Promise<boolean> {
    return this.#changes.make(key, async (later) => {
      this.#fence(key);
      const mark = await this.store.mark(policy.labels, key);
      const other = later();
      if (other !== undefined) return other.then(failed, failed);
      this.#fence(key);
      const stored = mark !== undefined && (await this.#replaceBy(key, policy, value, mark, tail));
      this.#fence(key);
      if (stored === undefined) await this.store.remove(key).catch(failed);
      else if (!stored) this.store.distrust(key);
      return stored === true;
    });
  }

  /** Whether the value was written; `undefined` if there is nothing to write. */
  #replaceBy(
    key: string,
    policy: Policy,
    value: unknown,
    mark: Mark,
    tail: string | undefined,
  ): undefined | boolean | Promise<boolean> {
    if (policy.ttl === 0) return undefined;
    const entry = this.#pack(key, policy.packing, value, policy, policy.labels, mark, 0, tail);
    return entry === undefined ? undefined : this.#write(entry, "by hand");
  }

  #write(entry: Entry, title: Title): boolean | Promise<boolean> {
    const written = this.store.write(entry, title);
    if (isPromise(written)) this.#track(written);
    return written;
  }

  #track(written: Promise<unknown>): void {
    this.#writes.add(written);
    written.then(() => this.#writes.delete(written));
  }

  /** Waits until nothing is being written any more; each write has its deadline. */
  async drain(): Promise<void> {
    while (this.#writes.size > 0) await Promise.all(this.#writes);
  }

  #pack(
    key: string,
    packing: Packing,
    value: unknown,
    { ttl, jitter = 0, staleFor = 0, errorFor = 0, keepFor = 0 }: Lifetime & Pick<Policy, "jitter">,
    labels: readonly string[],
    mark: Mark = nowhere,
    loadTime = 0,
    tail?: string,
  ): Entry | undefined {
    const storedAt = this.clock.now();
    const freshUntil = storedAt + jittered(ttl, jitter, this.#random);
    const staleUntil = freshUntil + staleFor;
    const errorUntil = freshUntil + errorFor;
    const expiresAt = Math.max(staleUntil, errorUntil, freshUntil + keepFor);
    const { coder } = packing;
    const facts = {
      key,
      tail: tailOf(key, tail),
      coder,
      storedAt,
      loadTime,
      freshUntil,
      staleUntil,
      errorUntil,
      expiresAt,
      mark,
      labels: sharedLabels(labels),
    };
    try {
      return packing.pack(value, facts, this.store.bytesOnly);
    } catch (error) {
      this.telemetry.encodeError(key, error);
      return undefined;
    }
  }
}

/** Whether two entries of a key come of one and the same load. */
function isSame(left: Entry | undefined, right: Entry | undefined): boolean {
  if (left === undefined || right === undefined) return left === right;
  return left.storedAt === right.storedAt && left.payload === right.payload && left.mark.seq === right.mark.seq;
}

/** Asks for what is loaded now, whatever is stored. */
const nothingStored: Demand = { maxAge: -1, minFresh: 0, maxStale: 0, reloadEvery: 0 };
function lifetimeOf(policy: Policy, said: Settlement): Lifetime & Pick<Policy, "jitter"> {
  return {
    ttl: said.ttl ?? policy.ttl,
    jitter: policy.jitter ?? 0,
    staleFor: said.staleFor ?? policy.staleFor ?? 0,
    errorFor: said.errorFor ?? policy.errorFor ?? 0,
    keepFor: said.keepFor ?? policy.keepFor ?? 0,
  };
}

/** How many removals and purges there had been in this process. */
interface Moment {
  readonly removals: number;
  readonly purges: number;
}

/** A stale entry for a caller who has waited long enough. */
interface Overdue {
  readonly type: "overdue";
  readonly entry: Entry;
}

/** Waits for its turn among processes: the task, and what came of the first attempt. */
interface Turn {
  readonly fill: Fill;
  readonly first: Promise<Entry | "busy" | undefined>;
}

/** `"lease"`: for one answer about a lease, and for nobody's load. */
type Waiting = Promise<Entrance> & { [waitsFor]?: "lease" | Turn };

const waitsFor = Symbol("cachette.waitsFor");

function waiting<Result extends Entrance>(promise: Promise<Result>, what: "lease" | Turn): Promise<Result> {
  (promise as Waiting)[waitsFor] = what;
  return promise;
}

/** For entries that only travel to those who wait: no backend has such an epoch. */
const nowhere: Mark = { epoch: "", seq: 0 };

const failed = (): false => false;
