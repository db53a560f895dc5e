import type { Finding } from "../drill.ts";
import type { Place } from "../kit/place.ts";
import { startWorker, type Worker } from "../kit/worker.ts";
import { byKind, judge } from "./judge.ts";
import type { Journal } from "./model.ts";
import type { RacesConfig } from "./worker.ts";

export interface RaceOptions {
  readonly place: Place;
  /** Where the source of truth is. It must not lose anything. */
  readonly truthUrl: string;
  readonly seed: number;
  /** By all processes together. */
  readonly operations: number;
  readonly plant: boolean;
  /** With a near cache in each process. */
  readonly near?: boolean;
  /** What goes on beside the race, until it is told to stop. */
  readonly beside?: (stopped: AbortSignal) => Promise<void>;
}

const processes = 4;

/** The prefix of the cache that is raced with. */
export function prefixOf(seed: number): string {
  return `race-${seed}`;
}

/** Milliseconds after which a purge of another process must have been seen; times in which the reader did not get to run are left out. */
const bound = 50;

/** Lets processes race each other, and judges what they read. */
export async function race(where: string, options: RaceOptions): Promise<readonly Finding[]> {
  const { operations, place, plant, near = false, seed, truthUrl } = options;
  const prefix = prefixOf(seed);
  const workers: Worker<Journal>[] = await Promise.all(
    Array.from({ length: processes }, (_, index) => {
      const share = Math.ceil(operations / processes);
      const common = { processes, place, truthUrl, prefix, seed, operations: share, near, inFlight: 16 };
      const config: RacesConfig = { ...common, index, plant: plant ? 4 : 0 };
      return startWorker<RacesConfig, Journal>(new URL("./worker.ts", import.meta.url), config);
    }),
  );
  const stop = new AbortController();
  const beside = options.beside?.(stop.signal);
  try {
    return report(where, await Promise.all(workers.map((worker) => worker.go())));
  } finally {
    stop.abort();
    await beside;
    for (const worker of workers) worker.kill();
  }
}

function report(where: string, journals: readonly Journal[]): readonly Finding[] {
  const { own, others } = judge(journals);
  const late = others.filter(({ after, stalled }) => after - stalled > bound);
  const latest = others.reduce((max, { after, stalled }) => Math.max(max, after - stalled), 0);
  const sum = (count: (journal: Journal) => number) => journals.reduce((total, journal) => total + count(journal), 0);
  const reads = sum((journal) => journal.reads.length);
  const purges = sum((journal) => journal.purges.length);
  const owed = sum((journal) => journal.purges.filter(({ reached }) => !reached).length);
  const hits = sum((journal) => journal.hits);
  const wrong = sum((journal) => journal.wrong);
  const scale = `${reads} reads (${Math.round((100 * hits) / reads)} % hits), ${purges} purges (${owed} owed)`;
  return [
    {
      where,
      invariant: "nothing older than a purge of the own process that had returned",
      seen: own.length === 0 ? `0 old of ${scale}` : `${own.length} old of ${scale}: ${byKind(own)}`,
      holds: own.length === 0 && wrong === 0 && hits > 0,
    },
    {
      where,
      invariant: `nothing older than a purge elsewhere that had returned ${bound} ms before`,
      seen: `${late.length} too late${late.length > 0 ? `: ${byKind(late)}` : ""}, the latest after ${latest.toFixed(1)} ms`,
      holds: late.length === 0,
    },
  ];
}
