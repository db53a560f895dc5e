/** Stops what a clock was asked to do later. Calling it again, or too late, does nothing. */
export type Cancel = () => void;

/**
 * The only source of time in the library. Tests hand in a manual one (`@cachette/testing`) and move it by hand.
 */
export interface Clock {
  /** Milliseconds since the Unix epoch. */
  now(): number;
  /** Calls `task` once, `delay` milliseconds from now. Must not keep a process alive. */
  after(delay: number, task: () => void): Cancel;
}

/** The longest delay that timers of the platform take; a longer one would fire at once. */
const longestDelay = 2 ** 31 - 1;

/** The clock of the machine, the one place where the library reads the time of day. */
export const systemClock: Clock = {
  now: () => Date.now(),
  after(delay, task) {
    // Where there are no timers at all, nothing ever runs out.
    if (typeof setTimeout !== "function") return () => {};
    const timer: unknown = setTimeout(task, Math.min(delay, longestDelay));
    // Node and Bun give objects, Deno and browsers numbers; only the former can be told to let the process end.
    if (hasUnref(timer)) timer.unref();
    return () => clearTimeout(timer as ReturnType<typeof setTimeout>);
  },
};

/** How many look-ups may go by one look at the clock. */
const mostLooks = 64;

/**
 * The time for look-ups in memory, of which there may be millions a second, while a look at the clock takes longer than
 * all the rest of one. On the machine's clock it is up to a millisecond old, or as long as the event loop was held up
 * meanwhile, but never longer than 64 look-ups; on any other clock, and on platforms that may drop timers, it is exact.
 */
export function timeForLookUps(clock: Clock): () => number {
  if (clock !== systemClock || !keepsTimers()) return () => clock.now();
  let now = 0;
  let left = 0;
  let armed = false;
  return () => {
    if (left > 0) {
      left--;
      return now;
    }
    now = Date.now();
    left = mostLooks;
    if (!armed) {
      armed = true;
      systemClock.after(1, () => {
        armed = false;
        left = 0;
      });
    }
    return now;
  };
}

/** Whether what is to be done later is done for sure: where requests own their timers, those end with them. */
function keepsTimers(): boolean {
  const { process, navigator } = globalThis as unknown as Platform;
  return typeof setTimeout === "function" && !!process?.versions?.node && navigator?.userAgent !== "Cloudflare-Workers";
}

interface Platform {
  readonly process?: { readonly versions?: { readonly node?: string } };
  readonly navigator?: { readonly userAgent?: string };
}

function hasUnref(timer: unknown): timer is { unref(): void } {
  return typeof timer === "object" && timer !== null && "unref" in timer && typeof timer.unref === "function";
}
