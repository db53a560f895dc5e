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

function hasUnref(timer: unknown): timer is { unref(): void } {
  return typeof timer === "object" && timer !== null && "unref" in timer && typeof timer.unref === "function";
}
