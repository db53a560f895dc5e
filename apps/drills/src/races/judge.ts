import {
  covers,
  type Journal,
  keyCount,
  type Purge,
  type PurgeKind,
  type Read,
  resultGroupOf,
  resultTagCount,
} from "./model.ts";
import { type Stall, stalledWithin } from "./stalls.ts";

/** A read that gave what a purge had removed. */
export interface Violation {
  readonly read: Read;
  readonly purge: Purge;
  /** Milliseconds between the return of the purge and the beginning of the read. */
  readonly after: number;
  /** Milliseconds of that in which the reader's process did not get to run. */
  readonly stalled: number;
}

export interface Verdict {
  /** By purges of the reader's own process. */
  readonly own: readonly Violation[];
  /** By purges of other processes, however shortly before. */
  readonly others: readonly Violation[];
}

/** Judges every read against all purges that had returned before it began. */
export function judge(journals: readonly Journal[]): Verdict {
  const setsReturned = new Map<number, number>();
  for (const purge of journals.flatMap(({ purges }) => purges)) {
    if (purge.set !== undefined) setsReturned.set(purge.set, purge.returned);
  }
  const own: Violation[] = [];
  const others: Violation[] = [];
  for (const [index, journal] of journals.entries()) {
    const mine = new Index(journal.purges);
    const elsewhere = journals.flatMap(({ purges }, other) => (other === index ? [] : purges));
    // Nobody else knows of a purge that did not reach the backend.
    const theirs = new Index(elsewhere.filter(({ reached }) => reached));
    for (const read of journal.reads) {
      const set = read.set === undefined ? undefined : setsReturned.get(read.set);
      // A value whose own set is still under way may be older or younger than anything.
      if (read.set !== undefined && set === undefined) continue;
      own.push(...violation(read, mine.first(read, set), journal.stalls));
      others.push(...violation(read, theirs.first(read, set), journal.stalls));
    }
  }
  return { own, others };
}

function violation(read: Read, purge: Purge | undefined, stalls: readonly Stall[]): Violation[] {
  if (purge === undefined || purge.returned >= read.began) return [];
  const stalled = stalledWithin(stalls, purge.returned, read.began);
  return [{ read, purge, after: read.began - purge.returned, stalled }];
}

/** How many violations there are by each kind of purge, such as `delete 3, set 1`. */
export function byKind(violations: readonly Violation[]): string {
  const counts = new Map<PurgeKind, number>();
  for (const { purge } of violations) counts.set(purge.kind, (counts.get(purge.kind) ?? 0) + 1);
  return [...counts].map(([kind, count]) => `${kind} ${count}`).join(", ");
}

/** A purge, and the most that it and those which returned before it rule out. */
interface Step {
  readonly purge: Purge;
  readonly floor: number;
  readonly began: number;
}

/** Finds the first purge that rules out what was read, by bisection. */
class Index {
  readonly #steps: readonly (readonly Step[])[];

  constructor(purges: readonly Purge[]) {
    const sorted = [...purges].sort((a, b) => a.returned - b.returned);
    this.#steps = Array.from({ length: keyCount * resultTagCount }, (_, place) => {
      const key = Math.floor(place / resultTagCount);
      const group = key % 2 === 1 ? place % resultTagCount : undefined;
      let floor = 0;
      let began = Number.NEGATIVE_INFINITY;
      return sorted
        .filter((purge) => covers(purge, key, group))
        .map((purge) => {
          floor = Math.max(floor, purge.floors[key] ?? 0);
          began = Math.max(began, purge.began);
          return { purge, floor, began };
        });
    });
  }

  /**
   * What was loaded is ruled out by a purge that began when there was a later version already; what was `set`, whose
   * value may be of any age, by one that began after that had returned.
   */
  first({ key, version }: Read, setReturned: number | undefined): Purge | undefined {
    const steps = this.#steps[key * resultTagCount + (resultGroupOf(key, version) ?? 0)] ?? [];
    let low = 0;
    let high = steps.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      const step = steps[middle] as Step;
      const rulesOut = setReturned === undefined ? step.floor > version : step.began > setReturned;
      if (rulesOut) high = middle;
      else low = middle + 1;
    }
    return steps[low]?.purge;
  }
}
