import { Redis } from "ioredis";
import { startCluster } from "server-kit";
import { allOperations } from "../cluster/operations.ts";
import { resharding } from "../cluster/resharding.ts";
import type { Drill } from "../drill.ts";
import { openBackend } from "../kit/place.ts";
import { withServers } from "../kit/servers.ts";

/** All that can be done with a cache, on a cluster, and while its slots move. */
export const cluster: Drill = {
  name: "cluster",
  about: "every public operation with keys on three masters; slots move under load",

  run: ({ long, seed }) =>
    withServers(async (start) => {
      const servers = await start(startCluster());
      const opened = await openBackend(servers);
      const inspectors = servers.servers.map(({ url }) => new Redis(url));
      try {
        const sizes = () => Promise.all(inspectors.map((inspector) => inspector.dbsize()));
        return [...(await allOperations(opened, sizes)), ...(await resharding(servers, long ? 30 : 1, seed))];
      } finally {
        opened.client.disconnect();
        for (const inspector of inspectors) inspector.disconnect();
      }
    }),
};
