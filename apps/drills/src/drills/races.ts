import { startCluster, startRedisServer } from "server-kit";
import type { Drill, Finding } from "../drill.ts";
import type { Place } from "../kit/place.ts";
import { withServers } from "../kit/servers.ts";
import { race } from "../races/race.ts";

/** Readers and purges race each other on one Redis and on a cluster, against a source of truth with versions. */
export const races: Drill = {
  name: "races",
  about: "4 processes read, delete, set, clear and invalidate at random: nobody gets what was purged",

  run: ({ long, plant, seed }) =>
    withServers(async (start) => {
      const [truth, redis] = await Promise.all([start(startRedisServer()), start(startRedisServer())]);
      const places: Record<string, Place> = { standalone: { url: redis.url } };
      // Whether lost purges are found out has nothing to do with where they are lost.
      if (long || !plant) places.cluster = { nodes: (await start(startCluster())).nodes };
      const seeds = long ? [seed, seed + 1, seed + 2] : [seed];
      const operations = long ? 40_000 : 4_000;
      const findings: Finding[] = [];
      for (const each of seeds) {
        for (const [name, place] of Object.entries(places)) {
          // A purge that is lost is lost with a near cache just the same.
          for (const near of plant ? [false] : [false, true]) {
            const where = `${name}${near ? ", near cache" : ""}, seed ${each}`;
            findings.push(...(await race(where, { place, near, truthUrl: truth.url, seed: each, operations, plant })));
          }
        }
      }
      return findings;
    }),
};
