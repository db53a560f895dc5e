import { setTimeout as sleep } from "node:timers/promises";
import { Redis } from "ioredis";
import { startCluster, startRedisServer } from "server-kit";
import type { Drill, Finding } from "../drill.ts";
import type { Place } from "../kit/place.ts";
import { withServers } from "../kit/servers.ts";
import { startWorker, type Worker } from "../kit/worker.ts";
import type { CallersConfig, Calls } from "../one-load/worker.ts";

const processes = 4;
const callers = 250;

/** How long a lease outlives its owner, in milliseconds: its time limit, and the longest pause between two looks at it. */
const leaseTime = 5_100;

/** Milliseconds that the machine may take for a thousand callers and four processes. */
const margin = 1_000;

/** One cold key, four processes with 250 callers each; then the same with the process killed whose load is running. */
export const oneLoad: Drill = {
  name: "one-load",
  about: `${processes} processes with ${callers} callers each on one cold key: one load, one more if its owner is killed`,

  run: ({ long }) =>
    withServers(async (start) => {
      const [count, redis] = await Promise.all([start(startRedisServer()), start(startRedisServer())]);
      const places: Record<string, Place> = { standalone: { url: redis.url } };
      if (long) places.cluster = { nodes: (await start(startCluster())).nodes };
      const findings: Finding[] = [];
      for (const [name, place] of Object.entries(places)) {
        for (const loadTime of long ? [50, 500, 3_000] : [300]) {
          findings.push(await callTogether(`${name}, load of ${loadTime} ms`, place, count.url, loadTime));
        }
        const loadTime = long ? 3_000 : 1_000;
        findings.push(await killOwner(`${name}, owner of a load of ${loadTime} ms killed`, place, count.url, loadTime));
      }
      return findings;
    }),
};

async function callTogether(where: string, place: Place, countUrl: string, loadTime: number): Promise<Finding> {
  const workers = await startWorkers({ place, countUrl, key: where, callers, loadTime });
  const calls = await Promise.all(workers.map((worker) => worker.go()));
  const loads = await ownersOf(countUrl, where);
  const { answered, longest, text } = sum(calls);
  return {
    where,
    invariant: `one load, all answered within ${loadTime} ms and a margin of ${margin} ms`,
    seen: `${loads.length} loads, ${text}`,
    holds: loads.length === 1 && answered === processes * callers && longest <= loadTime + margin,
  };
}

async function killOwner(where: string, place: Place, countUrl: string, loadTime: number): Promise<Finding> {
  const workers = await startWorkers({ place, countUrl, key: where, callers, loadTime });
  const going = workers.map((worker) => worker.go().catch(() => undefined));
  let owners = await ownersOf(countUrl, where);
  for (const end = Date.now() + 5_000; owners.length === 0 && Date.now() < end; await sleep(5)) {
    owners = await ownersOf(countUrl, where);
  }
  await sleep(loadTime / 2);
  const [owner] = owners;
  workers.find(({ pid }) => pid === owner)?.kill();
  const calls = (await Promise.all(going)).filter((result) => result !== undefined);
  const loads = await ownersOf(countUrl, where);
  const { answered, longest, text } = sum(calls);
  const limit = leaseTime + loadTime;
  return {
    where,
    invariant: `one more load, all others answered within ${limit} ms and a margin of ${margin} ms`,
    seen: `${loads.length} loads, ${text}`,
    holds: loads.length === 2 && answered === (processes - 1) * callers && longest <= limit + margin,
  };
}

function startWorkers(config: CallersConfig): Promise<Worker<Calls>[]> {
  const url = new URL("../one-load/worker.ts", import.meta.url);
  return Promise.all(Array.from({ length: processes }, () => startWorker<CallersConfig, Calls>(url, config)));
}

/** The processes that have begun a load, in order. */
async function ownersOf(countUrl: string, key: string): Promise<number[]> {
  const client = new Redis(countUrl);
  try {
    return (await client.lrange(key, 0, -1)).map(Number);
  } finally {
    client.disconnect();
  }
}

function sum(calls: readonly Calls[]): { answered: number; longest: number; text: string } {
  const answered = calls.reduce((total, call) => total + call.answered, 0);
  const longest = Math.max(0, ...calls.map((call) => call.longest));
  const errors = calls.flatMap((call) => call.errors);
  const failed = errors.length > 0 ? `, ${errors.length} failed: ${errors[0]}` : "";
  return { answered, longest, text: `${answered} callers answered, the last after ${Math.round(longest)} ms${failed}` };
}
