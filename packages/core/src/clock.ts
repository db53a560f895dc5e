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

/** Where look-ups come one by one, this many of them go by before it is tried again to put some together. */
const restAfterFew = 32;
const few = 8;

// As they are now: tests that put a time of their own in place of the platform's are to be noticed, and not to stop this.
const { now: realNow } = Date;
const immediately = (globalThis as { setImmediate?: (task: () => void) => unknown }).setImmediate;

/**
 * The time for look-ups in memory, of which there may be millions a second, while a look at the clock takes longer than
 * all the rest of one. On the machine's clock, many look-ups in one turn of the event loop share a look, at most 64 of
 * them; no look outlives the turn, so that a process which was halted does not go by a time from before. On any other
 * clock, and on platforms that have no turns to tell, it is exact.
 */
export function timeForLookUps(clock: Clock): () => number {
  if (clock !== systemClock || immediately === undefined || !isNode()) return () => clock.now();
  let now = 0;
  let left = 0;
  let used = 0;
  let rest = 0;
  let armed = false;
  const disarm = (): void => {
    armed = false;
    if (used < few) rest = restAfterFew;
  };
  return () => {
    if (Date.now !== realNow) return clock.now();
    if (armed) {
      used++;
      if (left-- > 0) return now;
    } else if (rest-- > 0) {
      return realNow();
    } else {
      armed = true;
      used = 0;
      immediately(disarm);
    }
    left = mostLooks;
    now = realNow();
    return now;
  };
}

/** Elsewhere what is to be done later may be dropped with the request that wanted it. */
function isNode(): boolean {
  const { process, navigator } = globalThis as unknown as Platform;
  return !!process?.versions?.node && navigator?.userAgent !== "Cloudflare-Workers";
}

interface Platform {
  readonly process?: { readonly versions?: { readonly node?: string } };
  readonly navigator?: { readonly userAgent?: string };
}

function hasUnref(timer: unknown): timer is { unref(): void } {
  return typeof timer === "object" && timer !== null && "unref" in timer && typeof timer.unref === "function";
}
