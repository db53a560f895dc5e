import { memoryBackend } from "@cachette/backend-memory";
import { createCache } from "@cachette/core";
import { zipf } from "../draws.ts";
import { rateTable, type Table } from "../report.ts";
import { measure, type Subject } from "../rounds.ts";
import type { Settings } from "../settings.ts";
import { timed } from "../timed.ts";
import { keysOf } from "./hits.ts";

/** What the calls were answered with. */
interface Tally {
  purges: number;
  loads: number;
  stale: number;
}

/**
 * Calls for entries while entries are purged: none of them, others', their namespace, one of their tags. A value says
 * before which purge it was loaded, and one from before the last is counted as stale: there must be none.
 */
export async function purgesUnderLoad(title: string, entries: number, settings: Settings): Promise<Table> {
  /** Milliseconds between two purges. */
  const interval = settings.short ? 1 : 10;
  const keys = keysOf(entries);
  const order = zipf(entries, settings.short ? 1_000 : 1 << 16);
  const cache = createCache({ backend: memoryBackend({ maxEntries: 2 * entries }), prefix: "bench", ttl: "1h" });
  const purges = {
    "no purge": undefined,
    "clear of another namespace": () => cache.clear({ namespace: "v2" }),
    "clear of their namespace": () => cache.clear({ namespace: "v1" }),
    "invalidation of a tag of theirs": () => cache.invalidateTags(["a"]),
  };
  const tallies = new Map<string, Tally>();
  const options = { namespace: "v1", tags: ["a", "b", "c"], shared: true };
  let generation = 0;
  const subjects = Object.entries(purges).map(([name, purge]): Subject => {
    const tally: Tally = { purges: 0, loads: 0, stale: 0 };
    tallies.set(name, tally);
    const makesVoid = name.includes("their");
    const load = () => {
      tally.loads++;
      return { generation };
    };
    const get = async (id: number) => {
      const { generation: loaded } = await cache.getOrSet(keys[id] ?? "", load, options);
      if (loaded < generation) tally.stale++;
    };
    const calls = timed(name, get, order, 1, 100);
    return {
      name,
      async measure(seconds) {
        // What an earlier subject has left behind is of its generation.
        generation++;
        await cache.clear();
        let last = performance.now();
        const until = last + 1_000 * seconds;
        let sum = 0;
        let turns = 0;
        while (last < until) {
          sum += await calls.measure(interval / 1_000);
          turns++;
          await purge?.();
          tally.purges += purge ? 1 : 0;
          if (makesVoid) generation++;
          last = performance.now();
        }
        return sum / turns;
      },
    };
  });
  const table = rateTable(title, await measure(subjects, settings));
  const rows = table.rows.map((row) => ({ ...row, figures: { ...row.figures, ...tallies.get(row.name) } }));
  return { title, columns: { ...table.columns, purges: "count", loads: "count", stale: "count" }, rows };
}
