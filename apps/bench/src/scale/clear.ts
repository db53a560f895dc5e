import { monitorEventLoopDelay } from "node:perf_hooks";
import { setTimeout as sleep } from "node:timers/promises";
import { median, spreadOf } from "../median.ts";
import type { Row, Table } from "../report.ts";
import type { Settings } from "../settings.ts";
import { fill, filledCache, keysOf } from "./hits.ts";

/** What is looked at after a clear for what it may have left to be done later, in milliseconds. */
const aftermath = 100;

/** How long a clear of a namespace takes that holds everything, and for how long at most nothing else ran after it. */
export async function clearByEntries(title: string, sizes: readonly number[], settings: Settings): Promise<Table> {
  const rows: Row[] = [];
  for (const entries of sizes) rows.push(await clearRow(entries, settings));
  return { title, columns: { clear: "milliseconds", spread: "share", "blocked after": "milliseconds" }, rows };
}

async function clearRow(entries: number, { rounds, short }: Settings): Promise<Row> {
  const keys = keysOf(entries);
  const cache = await filledCache(keys);
  const times: number[] = [];
  const blocked: number[] = [];
  for (let round = 0; round < rounds; round++) {
    if (round > 0) await fill(cache, keys);
    const delay = monitorEventLoopDelay({ resolution: 1 });
    const start = performance.now();
    await cache.clear({ namespace: "v1" });
    times.push(performance.now() - start);
    for (const key of [keys[0], keys.at(-1)]) {
      if ((await cache.get(key ?? "", { namespace: "v1" })) !== undefined) throw new Error(`${key} was not cleared.`);
    }
    delay.enable();
    await sleep(short ? 1 : aftermath);
    delay.disable();
    if (Number.isFinite(delay.max)) blocked.push(delay.max / 1e6);
  }
  await cache.close();
  const figures = { clear: median(times), spread: spreadOf(times), "blocked after": Math.max(0, ...blocked) };
  return { name: `clear({ namespace }), ${entries.toLocaleString("en")} entries`, figures, rounds: times };
}
