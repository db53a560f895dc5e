import { setTimeout as sleep } from "node:timers/promises";
import { Redis } from "ioredis";
import { startRedisServer } from "server-kit";
import type { Drill, Finding } from "../drill.ts";
import { figure } from "../kit/info.ts";
import { withServers } from "../kit/servers.ts";
import { prefixOf, race } from "../races/race.ts";

/** What judges entries gets lost: evicted with everything else, or deleted by hand. Misses may come of it, nothing else. */
export const tokens: Drill = {
  name: "tokens",
  about: "clock and labels are evicted, and deleted by hand, during a race: only misses",

  run: ({ long, plant, seed }) =>
    withServers(async (start) => {
      const args = ["--maxmemory", "3mb", "--maxmemory-policy", "allkeys-lru", "--maxmemory-samples", "1"];
      const [truth, roomy, narrow] = await Promise.all([
        start(startRedisServer()),
        start(startRedisServer()),
        start(startRedisServer({ args })),
      ]);
      const common = { truthUrl: truth.url, seed, operations: long ? 40_000 : 4_000, plant };
      let deleted = 0;
      const byHand = await race("deleted by hand", {
        ...common,
        place: { url: roomy.url },
        beside: async (stopped) => {
          deleted = await remove(roomy.url, `{${prefixOf(seed)}}:`, stopped);
        },
      });
      let evicted = 0;
      const byRedis = await race("evicted", {
        ...common,
        place: { url: narrow.url },
        beside: async (stopped) => {
          evicted = await crowd(narrow.url, stopped);
        },
      });
      return [
        ...byHand,
        lossOf("deleted by hand", deleted, "clocks and labels deleted"),
        ...byRedis,
        lossOf("evicted", evicted, "keys evicted"),
      ];
    }),
};

/** Without a loss there is nothing to be seen. */
function lossOf(where: string, count: number, what: string): Finding {
  return { where, invariant: "something was lost", seen: `${count} ${what}`, holds: count > 0 };
}

/** Removes one key after the other whose name begins with `head`; says how many. */
async function remove(url: string, head: string, stopped: AbortSignal): Promise<number> {
  const client = new Redis(url);
  let count = 0;
  try {
    while (!stopped.aborted) {
      const keys = await client.keys(`${head}*`);
      const key = keys[count % Math.max(1, keys.length)];
      if (key !== undefined) count += await client.del(key);
      await sleep(20);
    }
    return count;
  } finally {
    client.disconnect();
  }
}

/** Fills a server up all the time, so that it has to evict; says how many keys it did evict. */
async function crowd(url: string, stopped: AbortSignal): Promise<number> {
  const client = new Redis(url);
  const text = "x".repeat(20_000);
  try {
    for (let number = 0; !stopped.aborted; number++) {
      await client.set(`filler-${number}`, text);
      await sleep(2);
    }
    return await figure(client, "stats", "evicted_keys");
  } finally {
    client.disconnect();
  }
}
