import { type RedisCluster, type RedisServer, startCluster, startRedisServer } from "server-kit";
import type { Drill, Finding } from "../drill.ts";
import { race } from "../races/race.ts";

/** Readers and purges race each other on one Redis and on a cluster, against a source of truth with versions. */
export const races: Drill = {
  name: "races",
  about: "4 processes read, delete, set, clear and invalidate at random: nobody gets what was purged",

  async run({ long, plant, seed }) {
    const started: (RedisServer | RedisCluster)[] = [];
    const start = async <T extends RedisServer | RedisCluster>(starting: Promise<T>): Promise<T> => {
      const server = await starting;
      started.push(server);
      return server;
    };
    try {
      const [truth, redis, cluster] = await Promise.all([
        start(startRedisServer()),
        start(startRedisServer()),
        start(startCluster()),
      ]);
      const seeds = long ? [seed, seed + 1, seed + 2] : [seed];
      const operations = long ? 40_000 : 6_000;
      const places = { standalone: { url: redis.url }, cluster: { nodes: cluster.nodes } };
      const findings: Finding[] = [];
      for (const each of seeds) {
        for (const [name, place] of Object.entries(places)) {
          const where = `${name}, seed ${each}`;
          findings.push(...(await race(where, { place, truthUrl: truth.url, seed: each, operations, plant })));
        }
      }
      return findings;
    } finally {
      await Promise.all(started.map((server) => server.stop()));
    }
  },
};
