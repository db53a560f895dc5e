import { awaitOutcome, type Overdue } from "./await-outcome.ts";
import type { Call } from "./call.ts";
import { type Entrance, leased, stale } from "./entrance.ts";
import type { Entry } from "./entry.ts";
import type { Fill } from "./fill.ts";
import type { Flight, Outcome } from "./flight.ts";
import type { Loads } from "./loads.ts";
import { mayShare } from "./may-share.ts";
import type { Lookup } from "./store.ts";
import { Turns } from "./turns.ts";

/**
 * Who else wants the same just now: in one process one load runs for a key, however many callers wait for it; in all
 * processes that share a backend too, if it has leases.
 */
export class Company {
  readonly #loads: Loads;
  readonly #turns: Turns;
  /** Milliseconds after which a caller no longer waits for somebody else's load. */
  readonly #patience: number;
  /** Has a caller look anew at what is stored. */
  readonly #enter: (call: Call) => Entrance | Promise<Entrance>;

  constructor(loads: Loads, patience: number, enter: (call: Call) => Entrance | Promise<Entrance>) {
    this.#loads = loads;
    this.#turns = new Turns(loads, patience);
    this.#patience = patience;
    this.#enter = enter;
  }

  /** What a load under way gives, or the task of loading. Rejects only with the error of a shared load. */
  join(call: Call, lookup: Lookup): Entrance | Promise<Entrance> {
    const { clock, flights, telemetry, unshared } = this.#loads;
    const now = clock.now();
    if (unshared.has(call.key, now)) return this.alone(call, lookup);
    const flight = flights.of(call.key);
    if (flight === undefined || isPast(flight, now)) {
      const failure = this.#loads.failureFor(call, lookup);
      if (failure === undefined) return this.#lead(call, lookup);
      telemetry.shared();
      return Promise.reject(failure.error);
    }
    if (flight.slow) return this.#turns.wait(this.#loads.overtake(flight, call, lookup), call.demand, true);
    return flight.unleased && lookup.mark !== undefined
      ? this.#relieve(flight, call, lookup)
      : this.#share(flight, call, lookup);
  }

  /**
   * Of what loads without a lease, nobody could tell whether it was removed meanwhile. Who comes asks for the lease again,
   * and loads anew with it. As long as none is to be had, the load is shared all the same.
   */
  #relieve(flight: Flight, call: Call, lookup: Lookup): Promise<Entrance> {
    const once = this.#takeOver(flight, call, lookup);
    const relieved = once.then((taken) => {
      if (taken !== undefined) return taken;
      const isSame = call.isLast || this.#loads.flights.of(call.key) === flight;
      return isSame ? this.#share(flight, call, lookup) : this.join(call.again(), lookup);
    });
    return leased(relieved, once);
  }

  /** The task that takes the place of a load, or what makes it unnecessary; if the lease is to be had. */
  async #takeOver(flight: Flight, call: Call, lookup: Lookup): Promise<Fill | Entry | undefined> {
    const fill = this.#loads.draft(call, lookup);
    const taken = await this.#turns.ask(fill, call.demand);
    if (typeof taken === "object") {
      this.#loads.telemetry.shared();
      return taken;
    }
    const { lease } = fill.flight;
    if (lease === undefined) return undefined;
    const leading = this.#loads.flights.of(call.key);
    if (leading === undefined || leading === flight) {
      this.#loads.begin(fill);
      return fill;
    }
    // Somebody else has begun meanwhile.
    this.#loads.letGo(lease);
    return undefined;
  }

  #share(flight: Flight, call: Call, lookup: Lookup): Entrance | Promise<Entrance> {
    const allowed = this.#mayShare(flight, call, lookup);
    return allowed === false ? this.#lead(call, lookup) : this.#follow(flight, call, lookup, allowed);
  }

  /** The task of a load of which nobody else knows. It waits for nobody; where another process loads, it is not stored. */
  alone(call: Call, lookup: Lookup): Fill | Promise<Fill> {
    return this.#turns.skip(this.#loads.alone(call, lookup), false);
  }

  /** The task of a load that takes the place of all others. */
  renew(call: Call, lookup: Lookup): Fill | Promise<Fill> {
    return this.#turns.skip(this.#loads.lead(call, lookup), true);
  }

  /** An entry that is good enough for now, with the task of loading it anew, if no other process is at it. */
  refresh(call: Call, lookup: Lookup, entry: Entry): Entrance | Promise<Entrance> {
    return this.#turns.refresh(entry, this.#loads.lead(call, lookup));
  }

  #lead(call: Call, lookup: Lookup, impatient: boolean = false): Entrance | Promise<Entrance> {
    return this.#turns.wait(this.#loads.lead(call, lookup), call.demand, impatient);
  }

  /** `allowed`: whether the caller may share what is known of the load so far, see `mayShare`. */
  async #follow(flight: Flight, call: Call, lookup: Lookup, allowed: boolean | undefined): Promise<Entrance> {
    const { attempts, ended, labels } = flight;
    // A removal in another process ends the lease, and nothing else tells of it.
    const held = ended === undefined ? flight.lease?.isHeld() : undefined;
    const outcome = await this.#await(flight, call, lookup, held);
    // Deleted meanwhile, what was there before is not to be served by anybody who comes back to it.
    const left = flight.fenced ? { ...lookup, stale: undefined } : lookup;
    if (outcome === undefined) return this.#leave(flight, call, left, held);
    switch (outcome.type) {
      case "overdue":
        this.#loads.telemetry.stale(call.key);
        return stale(outcome.entry);
      case "yielded":
        return call.isLast ? this.alone(call, left) : this.join(call.again(), left);
      case "none":
        // Of a load that had ended before this caller came, nothing is known that the caller has not looked up itself.
        if (outcome.stale === undefined || ended !== undefined) return this.alone(call, lookup);
        return this.alone(call, { ...lookup, stale: outcome.stale ?? undefined });
      case "error":
        this.#loads.telemetry.shared();
        throw outcome.error;
      default: {
        const known = flight.labels === labels ? allowed : this.#mayShare(flight, call, lookup);
        // What is stored of it, or is just being stored, may have been removed again before this caller looked.
        const stored = ended !== undefined && flight.lease !== undefined && lookup.mark !== undefined;
        // So may be what another process has stored: it was found by an attempt that this caller has not seen begin.
        const found = attempts === flight.foundBy;
        // If the lease was lost only as the key was filled, what is stored now is as good.
        const lost = stored || found || (held !== undefined && (await held) === false);
        const valid = lost ? false : (known ?? (await this.#isValid(flight, ended === undefined)));
        return valid === true ? this.#handOver(outcome) : this.#startOver(flight, call, lookup, valid);
      }
    }
  }

  /** How the load ended; or nothing, if it is not worth waiting for. Rejects when the caller has gone. */
  #await(
    flight: Flight,
    { policy: { soft = Number.POSITIVE_INFINITY, signal } }: Call,
    { stale: entry }: Lookup,
    held: Promise<boolean | undefined> | undefined,
  ): Promise<Outcome | Overdue | undefined> {
    return awaitOutcome(flight, {
      clock: this.#loads.clock,
      patience: this.#patience,
      soft: entry === undefined ? Number.POSITIVE_INFINITY : soft,
      standIn: () => (entry !== undefined && this.#loads.mayTakePlace(entry, flight) ? entry : undefined),
      held,
      signal,
    });
  }

  /** A load has been waited for in vain, so far. */
  async #leave(
    flight: Flight,
    call: Call,
    lookup: Lookup,
    held: Promise<boolean | undefined> | undefined,
  ): Promise<Entrance> {
    if (flight.slow) return call.isLast ? this.alone(call, lookup) : this.join(call.finally(), lookup);
    const isLost = (await held) === false;
    const leads = this.#loads.flights.of(call.key) === flight;
    if (isLost) {
      if (leads) this.#loads.flights.fence(call.key);
      return call.isLast ? this.alone(call, lookup) : this.#enter(call.again());
    }
    // Too long: the next one who comes shall not wait for that load as well.
    return leads ? this.#lead(call, lookup, true) : this.alone(call, lookup);
  }

  /** What a load gave that a purge has touched, or nobody knows whether one has. */
  #startOver(flight: Flight, call: Call, lookup: Lookup, valid: false | undefined): Entrance | Promise<Entrance> {
    if (call.isLast) return this.alone(call, lookup);
    this.#loads.flights.land(flight);
    if (valid === false) return this.#enter(call.again());
    // The backend has just gone: what this caller learnt from it is no longer of use.
    return this.join(call.again(), { ...lookup, mark: undefined });
  }

  #handOver(outcome: Extract<Outcome, { type: "entry" | "value" }>): Entrance {
    if (outcome.type === "entry" && outcome.index !== undefined) {
      return { kind: "detour", entry: outcome.entry, index: outcome.index };
    }
    this.#loads.telemetry.shared();
    return outcome.type === "entry" ? outcome.entry : { kind: "handover", value: outcome.value };
  }

  #mayShare(flight: Flight, { policy: { labels } }: Call, lookup: Lookup): boolean | undefined {
    return mayShare(this.#loads.store, flight, labels, lookup);
  }

  /** Whether no purge has touched what a load gave. `early`: for a caller who has waited since before it ended. */
  #isValid(flight: Flight, early: boolean): Promise<boolean | undefined> {
    const { lookup, labels } = flight;
    const { store } = this.#loads;
    if (!early) return store.isValid(lookup.mark, labels);
    // Asked once for all of them: none has come later than this.
    flight.validity ??= store.isValid(lookup.mark, labels);
    return flight.validity;
  }
}

/** Whether what a load gave has expired while it is still being written. */
function isPast({ ended }: Flight, now: number): boolean {
  return ended?.type === "entry" && ended.entry.freshUntil <= now;
}
