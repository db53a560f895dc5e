import { Call } from "./call.ts";
import type { Clock } from "./clock.ts";
import { Company } from "./company.ts";
import { type Demand, suits, suitsStale } from "./demand.ts";
import { isDue } from "./early-refresh.ts";
import { type Entrance, onceLeased, type Stale, stale } from "./entrance.ts";
import { type Entry, mayStandIn } from "./entry.ts";
import type { Fill } from "./fill.ts";
import { Loads } from "./loads.ts";
import type { Outbox } from "./outbox.ts";
import type { Policy } from "./policy.ts";
import { goOnWith, isPromise, same } from "./promise.ts";
import type { Found, Lookup, Store } from "./store.ts";
import type { Telemetry } from "./telemetry.ts";

/** Time: whether what is stored can be used now. If not, there is company: who else loads it, or who is to. */
export class Pipeline {
  readonly store: Store;
  readonly clock: Clock;
  readonly telemetry: Telemetry;
  readonly loads: Loads;
  readonly #company: Company;
  readonly #random: () => number;

  /** `patience`: milliseconds after which a caller no longer waits for somebody else's load. */
  constructor(
    store: Store,
    clock: Clock,
    telemetry: Telemetry,
    outbox: Outbox,
    patience: number,
    random: () => number,
  ) {
    this.store = store;
    this.clock = clock;
    this.telemetry = telemetry;
    this.loads = new Loads(store, clock, telemetry, outbox);
    this.#company = new Company(this.loads, patience, (call) => this.#enter(call, same));
    this.#random = random;
  }

  /**
   * The entry under `key`, or the value of a load that was under way, or a `Fill`: then the caller must load, and tell
   * the fill how that ended. Answers at once where the backend does. Gives what `goOn` makes of it, or `failed` of the
   * error of a shared load.
   */
  enter<T>(
    key: string,
    policy: Policy,
    demand: Demand | undefined,
    goOn: (entrance: Entrance) => T | Promise<T>,
    failed?: (error: unknown) => T,
  ): T | Promise<T> {
    return this.#enter(new Call(key, policy, demand), goOn, failed);
  }

  /** As `enter`, for many keys: nobody's load is waited for before all have been read. */
  async enterMany(keys: readonly string[], policy: Policy): Promise<(Entrance | Promise<Entrance>)[]> {
    const removals = this.loads.removals.count;
    const { purges } = this.store;
    const found = await this.#readMany(keys, policy);
    const entrances = found.map((one, index) => {
      const call = new Call(keys[index] as string, policy);
      const entrance = this.#isPassed(removals, purges, call, one)
        ? this.#enter(call.again(), same)
        : this.#admit(call, one);
      // Whoever it is handed to comes to know of an error; until then it is nobody's fault.
      if (isPromise(entrance)) entrance.catch(() => {});
      return entrance;
    });
    return (await Promise.all(entrances.map(onceLeased))).map(([entrance]) => entrance);
  }

  /**
   * For a caller who may have only some entries, and whose load is for nobody else: the entry if `may` allows it, or a
   * fill of its own. Gives what `goOn` makes of it.
   */
  enterAlone<T>(
    key: string,
    policy: Policy,
    demand: Demand | undefined,
    may: (entry: Entry) => boolean,
    goOn: (entrance: Entrance) => T | Promise<T>,
  ): T | Promise<T> {
    const call = new Call(key, policy, demand);
    const admit = (found: Found): Entry | Fill | Promise<Fill> => {
      const index = this.#indexIn(found, policy);
      if (index !== undefined) return index;
      const lookup = this.#lookupFrom(found);
      // What the caller may not have is not to be asked about, nor to stand in, either.
      if (lookup.stale !== undefined && !may(lookup.stale)) {
        return this.#company.alone(call, { ...lookup, stale: undefined });
      }
      if (found.kind === "lookup" || !this.#suits(found, call)) return this.#company.alone(call, lookup);
      this.telemetry.hit(found);
      return found;
    };
    return this.#read(call, (found) => goOnWith(admit(found), goOn));
  }

  /**
   * The entry under `key`, if there is one that suits, and that `may` allows; never a task. Gives what `goOn` makes of it.
   */
  peek<T>(
    key: string,
    policy: Policy,
    demand: Demand | undefined,
    may: ((entry: Entry) => boolean) | undefined,
    goOn: (entrance: Entry | Stale | undefined) => T | Promise<T>,
  ): T | Promise<T> {
    const call = new Call(key, policy, demand);
    return this.#read(call, (found) => goOn(this.#look(call, found, may)));
  }

  /** The fresh entries under `keys`. */
  async peekMany(keys: readonly string[], policy: Policy): Promise<(Entry | undefined)[]> {
    const found = await this.#readMany(keys, policy);
    return found.map((one, index) => this.#look(new Call(keys[index] as string, policy), one) as Entry | undefined);
  }

  /** Begins a load whatever is stored. */
  async renew(key: string, policy: Policy): Promise<Fill> {
    const { purges } = this.store;
    const mark = await this.store.mark(policy.labels);
    return this.#company.renew(new Call(key, policy), { kind: "lookup", mark, exact: false, purges });
  }

  /**
   * In place of an entry that turned out to be unreadable: what another load gives, or the task of loading. `again`: it
   * came in place of another one.
   */
  discard(entry: Entry, policy: Policy, error: unknown, again: boolean = false): Entrance | Promise<Entrance> {
    const { key } = entry;
    this.telemetry.decodeError(key, error);
    const call = new Call(key, policy).finally();
    const lookup = { ...this.#lookupFrom(entry), stale: undefined };
    const ended = this.loads.flights.of(key)?.ended;
    // What loads give cannot be read either: to wait for more of it would be in vain.
    const isLoaded = ended?.type === "entry" && ended.entry === entry;
    return again || isLoaded ? this.#company.alone(call, lookup) : this.#company.join(call, lookup);
  }

  #enter<T>(call: Call, goOn: (entrance: Entrance) => T | Promise<T>, failed?: (error: unknown) => T): T | Promise<T> {
    const removals = this.loads.removals.count;
    const { purges } = this.store;
    return this.#read(call, (found) => {
      if (!this.#isPassed(removals, purges, call, found)) return goOnWith(this.#admit(call, found), goOn, failed);
      if (!call.isLast) return this.#enter(call.again(), goOn, failed);
      const lookup = { ...this.#lookupFrom(found), stale: undefined };
      return goOnWith(this.#company.join(call, lookup), goOn, failed);
    });
  }

  #read<T>({ key, policy }: Call, goOn: (found: Found) => T | Promise<T>): T | Promise<T> {
    return this.store.read(key, policy.labels, policy.packing, goOn);
  }

  /** All at once, so that a client that collects commands sends them together. */
  #readMany(keys: readonly string[], { labels, packing }: Policy): Promise<Found[]> {
    return Promise.all(keys.map((key) => this.store.read(key, labels, packing, same<Found>)));
  }

  /**
   * Whether what was read may be what was there before a removal or a purge that came meanwhile. The caller may have it,
   * but those who come later must not get it from this caller. `before`: how many removals there had been in this process,
   * `purges`: how many purges.
   */
  #isPassed(before: number, purges: number, { key }: Call, found: Found): boolean {
    const { removals } = this.loads;
    if (before === removals.count && purges === this.store.purges) return false;
    if (removals.touchedSince(before, [key])) return true;
    return found.kind === "entry" && this.store.purgedSince(purges, found.labels);
  }

  #admit(call: Call, found: Found): Entrance | Promise<Entrance> {
    const { key, policy, demand } = call;
    const index = this.#indexIn(found, policy);
    if (index !== undefined) return index;
    if (found.kind === "lookup") return this.#stale(call, found) ?? this.#company.join(call, found);
    // What could not be loaded anew just now is left alone for a while, whatever is asked.
    const isLeftAlone = () => (demand?.reloadEvery ?? 0) > 0 && this.loads.resting.has(key, this.clock.now());
    if (!this.#suits(found, call) && !isLeftAlone()) return this.#company.join(call, this.#lookupFrom(found));
    this.telemetry.hit(found);
    const { early } = policy;
    if (early === undefined || !isDue(found, early, this.clock.now(), this.#random) || this.loads.isBusy(key))
      return found;
    return this.#company.refresh(call, this.#lookupFrom(found), found);
  }

  #suits(entry: Entry, { demand, policy: { packing } }: Call): boolean {
    return demand === undefined || suits(entry, demand, packing, this.clock.now());
  }

  /** A stale entry that may be served now, if there is one. */
  #stale(call: Call, lookup: Lookup): Entrance | Promise<Entrance> | undefined {
    const { stale: entry } = lookup;
    if (entry === undefined) return undefined;
    const { key, demand } = call;
    if (demand !== undefined) return this.#staleOnDemand(call, demand, entry);
    const now = this.clock.now();
    // Purged softly, it may be far from the end of its time; it needs leave to be served stale all the same.
    const isPastIt = entry.staleUntil <= Math.max(entry.freshUntil, now);
    if (isPastIt && !(mayStandIn(entry, now) && this.loads.failedJustNow(call))) return undefined;
    this.telemetry.stale(key);
    const isEnough = isPastIt || lookup.mark === undefined || this.loads.isBusy(key);
    return isEnough ? stale(entry) : this.#company.refresh(call, lookup, entry);
  }

  /** For callers who say that they would take it stale. */
  #staleOnDemand({ key, policy }: Call, demand: Demand, entry: Entry): Stale | undefined {
    if (!suitsStale(entry, demand, policy.packing, this.clock.now())) return undefined;
    this.telemetry.stale(key);
    return stale(entry);
  }

  #look(call: Call, found: Found, may?: (entry: Entry) => boolean): Entry | Stale | undefined {
    const { key, policy, demand } = call;
    const index = this.#indexIn(found, policy);
    if (index !== undefined) return index;
    const entry = found.kind === "entry" ? found : found.stale;
    if (entry !== undefined && (may === undefined || may(entry))) {
      if (found.kind === "entry" && this.#suits(entry, call)) {
        this.telemetry.hit(entry);
        return entry;
      }
      const old = demand && found.kind === "lookup" ? this.#staleOnDemand(call, demand, entry) : undefined;
      if (old !== undefined) return old;
    }
    this.telemetry.miss(key);
    return undefined;
  }

  /**
   * An index, if that is what was found: it leads to the entry that counts, and what is asked of that is not asked of
   * the index. All labels of the index are the entries' own as well, so a soft purge of it has reached them too.
   */
  #indexIn(found: Found, { packing }: Policy): Entry | undefined {
    const entry = found.kind === "entry" ? found : found.stale;
    if (entry === undefined || entry.coder !== packing.indexCoder) return undefined;
    return entry.freshUntil > this.clock.now() ? entry : undefined;
  }

  /** The mark of an entry that has just been found valid is as good a beginning for a load as a new one. */
  #lookupFrom(found: Found): Lookup {
    if (found.kind === "lookup") return found;
    return { kind: "lookup", mark: found.mark, exact: false, purges: this.store.purges, stale: found };
  }
}
