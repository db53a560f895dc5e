import { startCluster, startRedisServer } from "server-kit";
import type { Drill, Finding } from "../drill.ts";
import { withServers } from "../kit/servers.ts";
import { race } from "../races/race.ts";

/** Readers and purges race each other on one Redis and on a cluster, against a source of truth with versions. */
export const races: Drill = {
  name: "races",
  about: "4 processes read, delete, set, clear and invalidate at random: nobody gets what was purged",

  run: ({ long, plant, seed }) =>
    withServers(async (start) => {
      const [truth, redis, cluster] = await Promise.all([
        start(startRedisServer()),
        start(startRedisServer()),
        start(startCluster()),
      ]);
      const seeds = long ? [seed, seed + 1, seed + 2] : [seed];
      const operations = long ? 40_000 : 4_000;
      const places = { standalone: { url: redis.url }, cluster: { nodes: cluster.nodes } };
      const findings: Finding[] = [];
      for (const each of seeds) {
        for (const [name, place] of Object.entries(places)) {
          const where = `${name}, seed ${each}`;
          findings.push(...(await race(where, { place, truthUrl: truth.url, seed: each, operations, plant })));
        }
      }
      return findings;
    }),
};
