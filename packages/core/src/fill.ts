import { type Entry, isSameEntry, mayStandIn } from "./entry.ts";
import type { Flight, Outcome } from "./flight.ts";
import { tagLabel } from "./labels.ts";
import type { Loads } from "./loads.ts";
import type { Packing } from "./packing.ts";
import type { Lifetime, Policy } from "./policy.ts";
import { isPromise } from "./promise.ts";

/** How long a value that has begun to come in pieces is waited for. */
const streamPatience = 1000;

/** What only the result of a load can say; it goes before the policy. */
export interface Settlement extends Partial<Lifetime> {
  /** In addition to the policy's labels. */
  readonly tags?: readonly string[];
  /** The full key to store under, in place of the one that was looked up. */
  readonly key?: string;
  /** How `key` ends, as the very text that it was made of. */
  readonly tail?: string | undefined;
  /** What leads from the one to the other, made by `beside`. */
  readonly index?: Entry | undefined;
  /** Nobody may have it without asking whether it still holds: those who wait do so each on their own. */
  readonly mustAsk?: boolean;
}

/**
 * The task of loading one key, and how that may end: in exactly one of `commit`, `fail`, `abandon` and their like; what
 * comes later is ignored.
 */
export class Fill {
  readonly kind = "fill";
  readonly policy: Policy;
  readonly flight: Flight;
  readonly #loads: Loads;
  readonly #startedAt: number;
  #ended = false;

  constructor(loads: Loads, policy: Policy, flight: Flight) {
    this.#loads = loads;
    this.policy = policy;
    this.flight = flight;
    this.#startedAt = loads.clock.now();
  }

  get key(): string {
    return this.flight.key;
  }

  /** Whether a value can be stored at all: not while the backend is out of reach, nor after the key was deleted. */
  get storable(): boolean {
    const { lookup, fenced, lease } = this.flight;
    return lookup.mark !== undefined && !fenced && (lease !== undefined || !this.#loads.store.leased);
  }

  /** An entry that is no longer fresh, whose value may be asked about, or stand in for an error. */
  get stale(): Entry | undefined {
    return this.flight.lookup.stale;
  }

  get waiting(): number {
    return this.flight.waiting;
  }

  /** Whether it has come to an end. */
  get ended(): boolean {
    return this.#ended;
  }

  /**
   * The value is there: it is shared with those who wait, and stored. Gives the entry made of it, or `undefined` if it
   * cannot be encoded.
   */
  commit(value: unknown, settlement: Settlement = {}): Entry | undefined {
    if (!this.#end()) return undefined;
    this.#loaded();
    const { flight, policy } = this;
    const { clock, failures, outbox, store, unshared } = this.#loads;
    const { key } = flight;
    const { key: place = key, tail, tags, index, mustAsk = false } = settlement;
    if (tags !== undefined) flight.labels = [...policy.labels, ...tags.map(tagLabel)];
    const { labels, loadTime, lookup } = flight;
    const origin = { key: place, tail, labels, mark: lookup.mark, loadTime };
    const entry = outbox.pack(value, policy.packing, lifetimeOf(policy, settlement), origin);
    failures.delete(key);
    if (entry === undefined) flight.settle({ type: "value", value });
    else if (mustAsk) flight.settle({ type: "none", stale: place === key ? entry : null });
    else flight.settle({ type: "entry", entry, index: place === key ? undefined : index });
    const now = clock.now();
    const isOfUse = entry !== undefined && entry.expiresAt > now;
    if (!isOfUse || !this.storable) {
      if (!isOfUse) this.#drop();
      // Other processes have waited for it in vain, and would do so one after the other.
      if (flight.queued) unshared.set(key, now);
      this.#loads.land(flight);
      return entry;
    }
    if (!mustAsk) unshared.delete(key);
    else if (flight.waiting > 0) unshared.set(key, now);
    if (labels.length > policy.labels.length) store.introduce(labels);
    const written = outbox.write(entry, {
      lease: flight.lease,
      keep: false,
      tell: flight.replaces || lookup.stale !== undefined,
    });
    // Who has looked the key up before it was written, and comes back only now, still finds the flight and its value.
    if (isPromise(written)) written.then(() => this.#loads.land(flight));
    else this.#loads.land(flight);
    return entry;
  }

  /**
   * Stores something beside the value, under another key, for `ttl` milliseconds; under the same conditions. `old` is
   * what was found there, and nothing else is replaced.
   */
  beside(key: string, packing: Packing, value: unknown, ttl: number, old?: Entry): Entry | undefined {
    if (this.#ended) return undefined;
    const { outbox } = this.#loads;
    const { labels, lease, lookup } = this.flight;
    const entry = outbox.pack(value, packing, { ...this.policy, ttl }, { key, labels, mark: lookup.mark });
    if (entry === undefined || !this.storable) return entry;
    if (lease === undefined || lease.key === key) outbox.write(entry, { lease, keep: true, tell: false });
    else outbox.track(this.#replace(entry, packing, old));
    return entry;
  }

  /** Stores an entry whose key the load has no lease for: if nobody has removed what was there when it began. */
  async #replace(entry: Entry, packing: Packing, old: Entry | undefined): Promise<void> {
    const { store } = this.#loads;
    const lease = store.lease(entry.key);
    if (lease === undefined) return;
    const taken = await store.take(lease, this.policy.labels, packing, true);
    if (taken.kind !== "held") return;
    if (isSameEntry(taken.entry, old)) await store.write(entry, { lease, keep: false, tell: true });
    await lease.release();
  }

  /** The load has thrown; all who wait get the same error. */
  fail(error: unknown): void {
    if (!this.#end()) return;
    this.#failed(error);
    this.#settle({ type: "error", error });
  }

  /**
   * The load has failed. If there is a stale entry that may stand in for it, that is what all get, and what this gives;
   * else `undefined`, and nothing has happened: call `fail` or `abandon`.
   */
  standIn(error: unknown): Entry | undefined {
    const { flight, stale } = this;
    if (this.#ended || stale === undefined || flight.fenced) return undefined;
    if (!mayStandIn(stale, this.#loads.clock.now())) return undefined;
    this.#end();
    this.#failed(error);
    // Who came after one of its own labels was purged may not have it.
    flight.labels = [...new Set([...flight.labels, ...stale.labels])];
    this.#settle({ type: "entry", entry: stale });
    return stale;
  }

  /** A stale entry for a caller who does not wait any longer, if there is one that may be had; the load goes on. */
  get inTheMeantime(): Entry | undefined {
    const { stale } = this;
    if (this.#ended || stale === undefined) return undefined;
    return this.#loads.mayTakePlace(stale, this.flight) ? stale : undefined;
  }

  /** There turned out to be nothing under the key. Those who wait start over, and may find that out for themselves. */
  vanish(): void {
    if (!this.#end()) return;
    this.#loaded();
    this.#drop();
    this.#yield();
  }

  /** There is nothing that others may have, and what was stored is not for them either. */
  withdraw(): void {
    if (!this.#end()) return;
    this.#drop();
    this.#settle({ type: "none", stale: null });
  }

  /** There is nothing that others may have; each who waits loads on its own. */
  abandon(): void {
    if (this.#end()) this.#settle({ type: "none" });
  }

  /** Another load of the same caller takes the place of this one. Those who wait start over at once. */
  giveWay(): void {
    if (this.#end()) this.#yield();
  }

  /** Another process has stored what this was to give; those who wait get that. */
  adopt(entry: Entry): void {
    if (!this.#end()) return;
    const { flight, policy } = this;
    // All of those who wait have to start over where it only leads to what counts.
    if (entry.coder === policy.packing.indexCoder) {
      this.#yield();
      return;
    }
    this.#loads.land(flight);
    // It may be older than the load that is not needed now: who came after a purge in between may not have it.
    flight.lookup = { ...flight.lookup, mark: entry.mark };
    flight.labels = entry.labels;
    flight.foundBy = flight.attempts;
    flight.settle({ type: "entry", entry });
  }

  /**
   * The value has begun to come, and may take its time: from now on it is waited for only a little longer, as how long it
   * takes may depend on nobody but the client of this load.
   */
  streams(): void {
    if (this.#ended) return;
    const { flight } = this;
    const cancel = this.#loads.clock.after(streamPatience, () => flight.turnSlow());
    flight.outcome.then(cancel);
  }

  /** Whoever wanted this is gone. Goes on for those who wait; without any, it is abandoned. Says whether it goes on. */
  orphan(): boolean {
    if (this.#ended) return false;
    if (this.flight.waiting === 0) {
      this.abandon();
      return false;
    }
    // Nobody joins it any more.
    this.#loads.flights.detach(this.flight);
    return true;
  }

  /** Whoever wanted this is gone. It goes on as long as somebody waits; then it is given up, and `stop` called. */
  leave(stop: () => void): void {
    const giveUp = (): void => {
      if (this.#ended) return;
      this.giveWay();
      stop();
    };
    if (this.flight.waiting === 0) giveUp();
    else this.flight.giveUp = giveUp;
  }

  #end(): boolean {
    if (this.#ended) return false;
    this.#ended = true;
    return true;
  }

  #loaded(): void {
    const duration = this.#duration;
    this.flight.loadTime = Math.max(0, Math.round(duration));
    this.#loads.telemetry.load(this.key, duration);
  }

  /** For a while it may be enough to know that. */
  #failed(error: unknown): void {
    const { clock, failures, telemetry } = this.#loads;
    const { key, lookup, labels, fenced } = this.flight;
    const { errorTtl } = this.policy;
    telemetry.loadError(key, this.#duration, error);
    if (errorTtl === undefined || fenced || (errorTtl === 0 && lookup.stale === undefined)) return;
    failures.set(key, { error, at: clock.now(), lookup: { ...lookup, stale: undefined }, labels });
  }

  get #duration(): number {
    return this.#loads.clock.now() - this.#startedAt;
  }

  /** Removes what this was to take the place of, as it gave nothing that could. A failure is made up for later. */
  #drop(): void {
    const { stale, flight } = this;
    if (stale !== undefined && !flight.fenced) this.#loads.store.remove(stale.key).catch(() => {});
  }

  /** There is no new value for others. */
  #settle(outcome: Outcome): void {
    const { clock, resting, unshared } = this.#loads;
    const { key, lookup, waiting, queued } = this.flight;
    const now = clock.now();
    if (lookup.stale !== undefined) resting.set(key, now);
    if (outcome.type === "none" && (waiting > 0 || queued)) unshared.set(key, now);
    this.#loads.land(this.flight);
    this.flight.settle(outcome);
  }

  #yield(): void {
    this.#loads.land(this.flight);
    this.flight.settle({ type: "yielded" });
  }
}

function lifetimeOf(policy: Policy, said: Settlement): Lifetime & Pick<Policy, "jitter"> {
  return {
    ttl: said.ttl ?? policy.ttl,
    jitter: policy.jitter ?? 0,
    staleFor: said.staleFor ?? policy.staleFor ?? 0,
    errorFor: said.errorFor ?? policy.errorFor ?? 0,
    keepFor: said.keepFor ?? policy.keepFor ?? 0,
  };
}
