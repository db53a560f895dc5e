import type { Call } from "./call.ts";
import type { Clock } from "./clock.ts";
import { type Entry, mayStandIn } from "./entry.ts";
import { Failures } from "./failures.ts";
import { Fill } from "./fill.ts";
import { Flight } from "./flight.ts";
import { Flights } from "./flights.ts";
import { sameLabels } from "./labels.ts";
import type { Lease } from "./lease.ts";
import { mayShare } from "./may-share.ts";
import type { Outbox } from "./outbox.ts";
import { PurgeLog } from "./purge-log.ts";
import { Reminders } from "./reminders.ts";
import type { Lookup, Store } from "./store.ts";
import type { Telemetry } from "./telemetry.ts";

/** How long a stale entry is left alone after it could not be loaded anew. */
const restAfterFailure = 1000;

/** How long nobody waits for loads of a key, after some have waited in vain. */
const unsharedFor = 10_000;

/** The loads of this process: those under way, and what is remembered of others for a while. */
export class Loads {
  readonly store: Store;
  readonly clock: Clock;
  readonly telemetry: Telemetry;
  readonly outbox: Outbox;
  readonly flights = new Flights();
  /** Keys of stale entries that could not be loaded anew just now. */
  readonly resting = new Reminders(restAfterFailure);
  /** Keys whose loads are not worth waiting for. */
  readonly unshared = new Reminders(unsharedFor);
  readonly failures = new Failures();
  /** Keys that were removed or set by hand. */
  readonly removals = new PurgeLog();

  constructor(store: Store, clock: Clock, telemetry: Telemetry, outbox: Outbox) {
    this.store = store;
    this.clock = clock;
    this.telemetry = telemetry;
    this.outbox = outbox;
  }

  /** Begins a load that others follow. One that is under way already loses its followers to come and its store. */
  lead(call: Call, lookup: Lookup): Fill {
    const fill = this.draft(call, lookup);
    this.begin(fill);
    return fill;
  }

  /** Begins a load that others follow, beside a slow one: whichever ends is stored. */
  overtake(slow: Flight, call: Call, lookup: Lookup): Fill {
    this.telemetry.miss(call.key);
    this.flights.detach(slow);
    const fill = this.draft(call, lookup);
    this.flights.lead(fill.flight);
    return fill;
  }

  /** Begins a load of which nobody else knows. */
  alone(call: Call, lookup: Lookup): Fill {
    this.telemetry.miss(call.key);
    const fill = this.draft(call, lookup);
    this.flights.detach(fill.flight);
    return fill;
  }

  /** A load that has not begun, and may never. */
  draft({ key, policy }: Call, lookup: Lookup): Fill {
    return new Fill(this, policy, new Flight(key, policy, lookup));
  }

  /** Begins one that was no more than a draft, in place of what is under way. */
  begin({ flight }: Fill): void {
    this.telemetry.miss(flight.key);
    this.flights.fence(flight.key);
    this.flights.lead(flight);
  }

  /** Whether a stale entry need not be loaded anew now: somebody does, or has tried in vain. */
  isBusy(key: string): boolean {
    return this.flights.of(key) !== undefined || this.resting.has(key, this.clock.now());
  }

  /** A load has come to its end, and nothing of it is still to be stored. */
  land(flight: Flight): void {
    this.flights.land(flight);
    if (flight.lease !== undefined) this.letGo(flight.lease);
  }

  letGo(lease: Lease): void {
    this.outbox.track(lease.release());
  }

  /** What is known of a key from before this moment, and what is being loaded for it, is of no use to anybody else. */
  fence(key: string): void {
    this.flights.fence(key);
    this.failures.delete(key);
    this.removals.add([key]);
  }

  /** Whether a stale entry may be served in place of what a load that is still under way will give. */
  mayTakePlace(stale: Entry, { fenced, lookup: { purges } }: Flight): boolean {
    return !fenced && mayStandIn(stale, this.clock.now()) && !this.store.purgedSince(purges, stale.labels);
  }

  /** Whether a load has failed so recently that an entry that may stand in for it does so without another one. */
  failedJustNow({ key, policy: { errorTtl } }: Call): boolean {
    if (errorTtl === undefined) return false;
    return this.failures.recent(key, Math.max(errorTtl, restAfterFailure), this.clock.now()) !== undefined;
  }

  /** A failure that the caller gets instead of a load: one that is recent, and not from before a purge. */
  failureFor({ key, policy: { errorTtl = 0, labels } }: Call, lookup: Lookup): { readonly error: unknown } | undefined {
    if (errorTtl === 0) return undefined;
    const failure = this.failures.recent(key, errorTtl, this.clock.now());
    if (failure === undefined) return undefined;
    if (sameLabels(failure.labels, labels) && mayShare(this.store, failure, labels, lookup) === true) return failure;
    this.failures.delete(key);
    return undefined;
  }
}
