import { setTimeout as sleep } from "node:timers/promises";
import { type Cache, createCache } from "@cachette/core";
import { Redis } from "ioredis";
import { type RedisServer, startCluster, startRedisServer } from "server-kit";
import type { Drill, Finding } from "../drill.ts";
import { figure } from "../kit/info.ts";
import { openBackend, type Place } from "../kit/place.ts";
import { withServers } from "../kit/servers.ts";

/** Milliseconds that the call may take. */
const longestCall = 10;

/**
 * Milliseconds that a command may keep Redis from others, beyond what the machine does: where it gives the processor to
 * somebody else, whatever Redis does just then takes milliseconds.
 */
const longestCommand = 5;

/** Always the same work, about a tenth of a millisecond, on no key: what it takes beyond that is the machine's doing. */
const ownScript = "local sum = 0 for number = 1, 5000 do sum = sum + number end return sum";

/** Entries of another namespace, whose name begins alike. */
const kept = 500;

/** A large namespace is cleared: at once for the caller, in small steps for Redis, and the memory comes back. */
export const reclaim: Drill = {
  name: "reclaim",
  about: "a large namespace is cleared: quick for the caller, smooth for Redis, and the memory comes back",

  run: ({ long }) =>
    withServers(async (start) => {
      const entries = long ? 1_000_000 : 50_000;
      const patience = long ? 120_000 : 5_000;
      const redis = await start(startRedisServer());
      const findings = [...(await clearLarge("standalone", { url: redis.url }, [redis], entries, patience))];
      if (long) {
        const cluster = await start(startCluster());
        findings.push(...(await clearLarge("cluster", { nodes: cluster.nodes }, cluster.servers, entries, patience)));
      }
      return findings;
    }),
};

async function clearLarge(
  where: string,
  place: Place,
  servers: readonly RedisServer[],
  entries: number,
  patience: number,
): Promise<readonly Finding[]> {
  const { backend, client } = await openBackend(place);
  const cache = createCache({ backend, prefix: "reclaim", ttl: "1h", deadline: "5s" });
  const inspectors = servers.map(({ url }) => new Redis(url));
  try {
    await fill(cache, "large:2", kept);
    const base = await memory(inspectors);
    await fill(cache, "large", entries);
    const full = await memory(inspectors);
    for (const inspector of inspectors) {
      await inspector.config("SET", "slowlog-log-slower-than", "1000");
      await inspector.config("SET", "slowlog-max-len", "10000");
      await inspector.slowlog("RESET");
    }

    const watch = keepRunning(inspectors);
    const start = performance.now();
    await cache.clear({ namespace: "large" });
    const call = performance.now() - start;

    const limit = performance.now() + patience;
    const back = () => memory(inspectors).then((now) => (full - now) / (full - base));
    let share = await back();
    while (share < 0.95 && performance.now() < limit) {
      await sleep(100);
      share = await back();
    }
    const took = performance.now() - start;
    const runs = await watch.stop();
    const slow = await slowCommands(inspectors);
    const slowest = slow.find(({ own }) => !own);
    const machine = slow.find(({ own }) => own)?.milliseconds ?? 0;
    const left = await countHits(cache, "large:2", kept);
    const size = `${entries} entries (${mb(full - base)} MB)`;
    return [
      {
        where,
        invariant: `the call returns within ${longestCall} ms`,
        seen: `${call.toFixed(1)} ms for ${size}`,
        holds: call <= longestCall,
      },
      {
        where,
        invariant: "the memory comes back",
        seen: `${Math.round(100 * share)} % of ${mb(full - base)} MB after ${(took / 1000).toFixed(1)} s`,
        holds: share >= 0.95,
      },
      {
        where,
        invariant: `no command takes Redis ${longestCommand} ms longer than a fixed piece of work`,
        seen: `the longest ${spell(slowest?.milliseconds, slowest?.name)}; of ${runs} pieces, ${spell(machine)}`,
        holds: runs > 0 && (slowest?.milliseconds ?? 0) - machine <= longestCommand,
      },
      {
        where,
        invariant: "other namespaces keep their entries",
        seen: `${left} of ${kept}`,
        holds: left === kept,
      },
    ];
  } finally {
    await cache.close();
    client.disconnect();
    for (const inspector of inspectors) inspector.disconnect();
  }
}

/** Puts entries in, many at a time. */
async function fill(cache: Cache, namespace: string, entries: number): Promise<void> {
  const value = "x".repeat(100);
  const batch = 500;
  for (let first = 0; first < entries; first += batch) {
    const numbers = Array.from({ length: Math.min(batch, entries - first) }, (_, index) => first + index);
    const stored = await Promise.all(numbers.map((number) => cache.set(`item-${number}`, value, { namespace })));
    if (!stored.every(Boolean)) throw new Error("not all entries were stored");
  }
}

async function countHits(cache: Cache, namespace: string, entries: number): Promise<number> {
  const numbers = Array.from({ length: entries }, (_, index) => index);
  const found = await Promise.all(numbers.map((number) => cache.get(`item-${number}`, { namespace })));
  return found.filter((value) => value !== undefined).length;
}

async function memory(inspectors: readonly Redis[]): Promise<number> {
  const each = await Promise.all(inspectors.map((inspector) => figure(inspector, "memory", "used_memory")));
  return each.reduce((total, bytes) => total + bytes, 0);
}

/** Has each server do that piece of work again and again, with a pause as long as ten of them, until it is stopped. */
function keepRunning(inspectors: readonly Redis[]): { stop(): Promise<number> } {
  let runs = 0;
  let stopped = false;
  const all = Promise.all(
    inspectors.map(async (inspector) => {
      while (!stopped) {
        await inspector.eval(ownScript, 0);
        runs++;
        await sleep(1);
      }
    }),
  );
  // Whoever stops it comes to know.
  all.catch(() => {});
  return {
    async stop() {
      stopped = true;
      await all;
      return runs;
    },
  };
}

interface SlowCommand {
  readonly name: string;
  readonly milliseconds: number;
  /** Whether this drill has sent it to see what the machine does. */
  readonly own: boolean;
}

/** Those that took a millisecond, the slowest first. */
async function slowCommands(inspectors: readonly Redis[]): Promise<readonly SlowCommand[]> {
  const lists = await Promise.all(inspectors.map((inspector) => inspector.slowlog("GET", 10_000)));
  const logged = (lists.flat() as [number, number, number, string[]][]).map(([, , microseconds, words]) => ({
    name: words.slice(0, 3).join(" ").slice(0, 60),
    milliseconds: microseconds / 1000,
    own: words[1] === ownScript,
  }));
  return logged.sort((a, b) => b.milliseconds - a.milliseconds);
}

function spell(milliseconds = 0, name = ""): string {
  if (milliseconds === 0) return "less than a millisecond";
  return `${milliseconds.toFixed(1)} ms${name && `: ${name}`}`;
}

function mb(bytes: number): string {
  return (bytes / 2 ** 20).toFixed(1);
}
