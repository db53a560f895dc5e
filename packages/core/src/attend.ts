import { onAbort } from "./abort.ts";
import type { Clock } from "./clock.ts";
import type { Entry } from "./entry.ts";
import { CachetteError } from "./errors.ts";
import type { Fill } from "./fill.ts";
import type { Loading } from "./loading.ts";

/** How long a caller stays with a load. */
export interface Limits {
  readonly clock: Clock;
  /** Milliseconds after which it has failed. */
  readonly hard: number;
  /** Tells that the caller has gone. */
  readonly signal: AbortSignal | undefined;
}

/** Whether the caller still waits, or has been served or gone away while the load goes on. */
export interface Caller {
  waits: boolean;
}

interface Attendance<Value> extends Limits {
  readonly caller: Caller;
  readonly fill: Fill;
  readonly loading: Loading;
  /** Milliseconds after which a stale entry will do. */
  readonly soft: number;
  /** Gives the value of a stale entry. */
  readonly serve: (stale: Entry) => Promise<Value>;
}

/** What a load gives, as long as it keeps to the limits. What comes later, comes to nothing. */
export function attend<Value>(work: Promise<Value>, attendance: Attendance<Value>): Promise<Value> {
  const { clock, fill, loading, caller, soft, hard, signal, serve } = attendance;
  return new Promise((resolve, reject) => {
    let stay = (): void => {};
    let waitOn = (): void => {};
    let lift = (): void => {};
    const end = (): void => {
      stay();
      waitOn();
      lift();
    };
    work.then(resolve, reject).finally(end);
    if (hard !== Number.POSITIVE_INFINITY) {
      lift = clock.after(hard, () => {
        const error = timedOut(hard);
        const stale = fill.standIn(error);
        if (stale === undefined) {
          fill.fail(error);
          reject(error);
        } else if (caller.waits) resolve(serve(stale));
        loading.release(error);
        end();
      });
    }
    if (soft < hard) {
      waitOn = clock.after(soft, () => {
        const stale = fill.inTheMeantime;
        if (stale === undefined) return;
        // It goes on in the background, whoever goes away.
        stay();
        caller.waits = false;
        resolve(serve(stale));
      });
    }
    if (signal !== undefined) {
      stay = onAbort(signal, (reason) => {
        waitOn();
        caller.waits = false;
        reject(reason);
        fill.leave(() => {
          lift();
          loading.release(reason);
        });
      });
    }
  });
}

/** The same for a load whose result nobody else gets, and that is not stored. */
export function attendAlone<Value>(work: Promise<Value>, loading: Loading, limits: Limits): Promise<Value> {
  const { clock, hard, signal } = limits;
  if (hard === Number.POSITIVE_INFINITY && signal === undefined) return work;
  return new Promise((resolve, reject) => {
    const giveUp = (reason: unknown): void => {
      reject(reason);
      loading.release(reason);
    };
    const lift = hard === Number.POSITIVE_INFINITY ? undefined : clock.after(hard, () => giveUp(timedOut(hard)));
    const stay = signal === undefined ? undefined : onAbort(signal, giveUp);
    work.then(resolve, reject).finally(() => {
      lift?.();
      stay?.();
    });
  });
}

function timedOut(hard: number): CachetteError {
  return new CachetteError({ code: "LOAD_TIMEOUT", message: `The load took longer than ${hard} ms.` });
}
