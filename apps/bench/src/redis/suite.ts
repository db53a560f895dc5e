import { shuffled } from "../draws.ts";
import { collectGarbage } from "../garbage.ts";
import { connections } from "../http/load.ts";
import { pin } from "../machine.ts";
import { type Findings, rateTable, type Table } from "../report.ts";
import { measure, ratioTo, type Subject } from "../rounds.ts";
import type { Settings } from "../settings.ts";
import { inFlight } from "./in-flight.ts";
import { measureRoutes } from "./routes.ts";
import { startRedis } from "./server.ts";
import { openSubjects, type RedisSubject } from "./subjects.ts";
import { type TrafficMeter, trafficMeter } from "./traffic.ts";

/** Hits on Redis, beside the client alone and other caches. The server takes the other core. */
export async function redisSuite(settings: Settings): Promise<Findings> {
  const { cores } = settings;
  const redis = await startRedis(cores?.load);
  if (cores !== undefined) pin(cores.measured);
  try {
    return await measureOn(redis.url, settings);
  } finally {
    await redis.stop();
  }
}

async function measureOn(url: string, settings: Settings): Promise<Findings> {
  const keys = settings.short ? 20 : 1_000;
  // No key is asked for twice at once: what is counted are reads, not callers who share one.
  const order = shuffled(keys);
  const subjects = await openSubjects(url, keys);
  const meter = trafficMeter(url);
  const tables: Table[] = [];
  for (const together of [1, 16, 64, 256]) {
    const title = `Hits on Redis, ${together} in flight`;
    if (settings.wanted(title)) tables.push(await measureTogether(title, together, subjects, order, meter, settings));
  }
  for (const { close } of subjects) await close();
  meter.close();
  const title = `Fastify routes on Redis, ${connections} connections`;
  if (settings.wanted(title)) tables.push(await measureRoutes(title, url, keys, settings));
  return { tables, notes: [`${keys} keys, 1 KiB of JSON. With one in flight the server's reads are round trips.`] };
}

/** What the server had to do for so many hits. */
interface Toll {
  commands: number;
  reads: number;
  hits: number;
}

async function measureTogether(
  title: string,
  together: number,
  subjects: readonly RedisSubject[],
  order: Uint32Array,
  meter: TrafficMeter,
  settings: Settings,
): Promise<Table> {
  const tolls = new Map<string, Toll>();
  const timed = subjects.map(({ name, get }): Subject => {
    const toll: Toll = { commands: 0, reads: 0, hits: 0 };
    tolls.set(name, toll);
    return {
      name,
      async measure(seconds) {
        await meter.sinceLast();
        const { done, perSecond } = await inFlight(get, order, together, seconds);
        const { commands, reads } = await meter.sinceLast();
        toll.commands += commands;
        toll.reads += reads;
        toll.hits += done;
        return perSecond;
      },
    };
  });
  const results = await measure(timed, settings, collectGarbage);
  const parsed = results.find(({ name }) => name === "ioredis get and JSON.parse");
  const { columns, rows } = rateTable(title, results);
  return {
    title,
    columns: { ...columns, "to get and parse": "ratio", "commands a hit": "count", "reads a hit": "count" },
    rows: rows.map((row, index) => {
      const { commands, reads, hits } = tolls.get(row.name) ?? { commands: 0, reads: 0, hits: 0 };
      const rates = results[index] ?? { rates: [] };
      const perHit = { "commands a hit": commands / hits, "reads a hit": reads / hits };
      return { ...row, figures: { ...row.figures, "to get and parse": ratioTo(parsed, rates), ...perHit } };
    }),
  };
}
