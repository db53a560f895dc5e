import { now } from "../kit/now.ts";

/** A time in which a process did not get to run: from when it was due to when it came. */
export type Stall = readonly [due: number, came: number];

/** Milliseconds between two looks. */
const interval = 5;

/** Notes when this process is late, until `stop` gives what was noted. */
export function watchStalls(): { stop(): readonly Stall[] } {
  const stalls: Stall[] = [];
  let due = now() + interval;
  const timer = setInterval(() => {
    const came = now();
    if (came - due > interval) stalls.push([due, came]);
    due = came + interval;
  }, interval);
  return {
    stop() {
      clearInterval(timer);
      return stalls;
    },
  };
}

/** Milliseconds of a span of time in which a process was stalled. */
export function stalledWithin(stalls: readonly Stall[], from: number, to: number): number {
  return stalls.reduce((sum, [due, came]) => sum + Math.max(0, Math.min(came, to) - Math.max(due, from)), 0);
}
