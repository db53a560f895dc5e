import { type Demand, nothingStored, suits } from "./demand.ts";
import { type Entrance, leased, stale } from "./entrance.ts";
import { type Entry, isSameEntry } from "./entry.ts";
import type { Fill } from "./fill.ts";
import type { Lease } from "./lease.ts";
import type { Loads } from "./loads.ts";

/** How long to wait before a lease that somebody else has is tried again: longer and longer. */
const shortestPause = 5;
const longestPause = 100;

/** What came of asking for a lease: the entry that makes the load unnecessary, or nothing, and then the load may begin. */
type Turn = Entry | "busy" | undefined;

/** Of all processes that share a backend, one at a time loads what is under a key, and stores it. */
export class Turns {
  readonly #loads: Loads;
  /** Milliseconds after which a load no longer waits for another process's. */
  readonly #patience: number;

  constructor(loads: Loads, patience: number) {
    this.#loads = loads;
    this.#patience = patience;
  }

  /**
   * The task, as soon as it is its turn, or what another process has stored meanwhile. `impatient`: there was enough
   * waiting already.
   */
  wait(fill: Fill, demand: Demand | undefined, impatient: boolean): Entrance | Promise<Entrance> {
    const lease = this.#leaseOf(fill);
    if (lease === undefined) return fill;
    const first = this.#take(fill, lease, demand, impatient);
    const once = first.then((taken) => (taken === undefined ? fill : undefined));
    return leased(this.#takeTurns(fill, lease, demand, first), once);
  }

  /** What comes of asking for the lease once. */
  async ask(fill: Fill, demand: Demand | undefined): Promise<Turn> {
    const lease = this.#leaseOf(fill);
    return lease && this.#take(fill, lease, demand, false);
  }

  /** The task, whoever loads the same. What it gives is stored if it got the lease, with `force` from whoever has it. */
  skip(fill: Fill, force: boolean): Fill | Promise<Fill> {
    const lease = this.#leaseOf(fill);
    return lease === undefined ? fill : leased(this.#take(fill, lease, nothingStored, force).then(() => fill));
  }

  /** An entry that is good enough for now, with the task of loading it anew, if no other process is at it. */
  refresh(entry: Entry, fill: Fill): Entrance | Promise<Entrance> {
    const lease = this.#leaseOf(fill);
    if (lease === undefined) return stale(entry, fill);
    const refresh = this.#take(fill, lease, undefined, false).then((taken): Entrance => {
      if (taken === undefined) return stale(entry, fill);
      if (taken === "busy") {
        fill.giveWay();
        return stale(entry);
      }
      fill.adopt(taken);
      return taken;
    });
    return leased(refresh);
  }

  #leaseOf({ flight: { key, lookup } }: Fill): Lease | undefined {
    return lookup.mark && this.#loads.store.lease(key);
  }

  async #takeTurns(fill: Fill, lease: Lease, demand: Demand | undefined, first: Promise<Turn>): Promise<Entrance> {
    const { clock, telemetry } = this.#loads;
    const { flight } = fill;
    const { soft = Number.POSITIVE_INFINITY } = fill.policy;
    const began = clock.now();
    let attempt = first;
    for (let pause = shortestPause; ; pause = Math.min(2 * pause, longestPause)) {
      const taken = await attempt;
      if (typeof taken === "object") {
        fill.adopt(taken);
        telemetry.shared();
        return taken;
      }
      // Deleted meanwhile: nobody waits for this load any more, and it will not be stored.
      if (taken !== "busy" || flight.fenced) return fill;
      flight.queued = true;
      const waited = clock.now() - began;
      const meanwhile = waited >= soft ? fill.inTheMeantime : undefined;
      if (meanwhile !== undefined) {
        fill.giveWay();
        telemetry.stale(flight.key);
        return stale(meanwhile);
      }
      await new Promise<void>((resolve) => {
        clock.after(waited < soft ? Math.min(pause, soft - waited) : pause, resolve);
      });
      attempt = this.#take(fill, lease, demand, clock.now() - began >= this.#patience);
    }
  }

  /** Tries to take the lease for a load, which is stored only if it got it. */
  async #take(fill: Fill, lease: Lease, demand: Demand | undefined, force: boolean): Promise<Turn> {
    const { flight, policy } = fill;
    flight.attempts++;
    const taken = await this.#loads.store.take(lease, policy.labels, policy.packing, force);
    if (taken.kind === "busy") return taken.kind;
    flight.unleased = taken.kind === "unknown";
    if (taken.kind === "unknown") return undefined;
    const { lookup, entry } = taken;
    if (entry !== undefined && this.#serves(entry, fill, demand)) {
      this.#loads.letGo(lease);
      return entry;
    }
    flight.lease = lease;
    flight.replaces = lookup.stale !== undefined;
    // What was found before and is not there any more was removed, or made void by a purge that this lookup already knows
    // of: nobody could tell later that it must not stand in. And a load that was to go by nothing still goes by nothing.
    const bare = demand === nothingStored && fill.stale === undefined;
    flight.lookup = bare ? { ...lookup, stale: undefined } : lookup;
    return undefined;
  }

  /** Whether a fresh entry that another process may have stored makes a load unnecessary. */
  #serves(entry: Entry, { policy: { packing }, stale }: Fill, demand: Demand | undefined): boolean {
    if (demand === nothingStored || isSameEntry(entry, stale)) return false;
    return entry.coder === packing.indexCoder || suits(entry, demand, packing, this.#loads.clock.now());
  }
}
