import { onAbort } from "./abort.ts";
import type { Clock } from "./clock.ts";
import type { Entry } from "./entry.ts";
import type { Flight, Outcome } from "./flight.ts";

/** A stale entry for a caller who has waited long enough. */
export interface Overdue {
  readonly type: "overdue";
  readonly entry: Entry;
}

/** For how long a load is waited for. */
export interface Patience {
  readonly clock: Clock;
  /** Milliseconds. */
  readonly patience: number;
  /** Milliseconds after which `standIn` may take its place. */
  readonly soft: number;
  readonly standIn: () => Entry | undefined;
  /** Whether the load still has its lease. */
  readonly held: Promise<boolean | undefined> | undefined;
  /** Tells that the caller has gone. */
  readonly signal: AbortSignal | undefined;
}

/**
 * How a load ended, or `undefined` when patience has run out, it has turned out to be slow, or it has lost its lease; or
 * what takes its place. Rejects when the caller has gone.
 */
export function awaitOutcome(
  flight: Flight,
  { clock, patience, soft, standIn, held, signal }: Patience,
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
    const replace = (): void => {
      const entry = standIn();
      if (entry === undefined) return;
      stop();
      // Stays one of those for whom it goes on, now in the background.
      resolve({ type: "overdue", entry });
    };
    stops.push(clock.after(patience, leave), flight.onSlow(leave));
    if (soft < patience) stops.push(clock.after(soft, replace));
    held?.then((isHeld) => {
      if (isHeld === false && waits && flight.ended === undefined) leave();
    });
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
