import { type Cache, createCache } from "@cachette/core";
import { Redis } from "ioredis";
import { startRedisServer } from "server-kit";
import type { Drill, Finding } from "../drill.ts";
import { commandCalls, figure } from "../kit/info.ts";
import { openBackend } from "../kit/place.ts";
import { withServers } from "../kit/servers.ts";

/** Commands and round trips that are no part of the hits, all in all: a notice, a check of the connection. */
const few = 20;

const tags = ["tag-a", "tag-b", "tag-c"];

/** One hit after the other, so that no two can share a round trip. */
export const commands: Drill = {
  name: "commands",
  about: "what hits with a namespace and three tags cost Redis: one round trip each",

  run: ({ long }) =>
    withServers(async (start) => {
      const hits = long ? 10_000 : 1_000;
      const { url } = await start(startRedisServer());
      const { backend, client } = await openBackend({ url });
      const cache = createCache({ backend, prefix: "commands", ttl: "10m" });
      const inspector = new Redis(url);
      try {
        const load = () => ({ id: 42 });
        const wrapped = cache.wrap(async (id: number) => ({ id }), {
          name: "item",
          namespace: "items",
          tags: () => tags,
        });
        return [
          await count("tags fixed", hits, cache, inspector, () =>
            cache.getOrSet("fixed", load, { namespace: "items", tags }),
          ),
          await count("tags by the value", hits, cache, inspector, () =>
            cache.getOrSet("by-value", load, { namespace: "items", tags: () => tags }),
          ),
          await count("a wrapped function", hits, cache, inspector, () => wrapped(42)),
        ];
      } finally {
        await cache.close();
        client.disconnect();
        inspector.disconnect();
      }
    }),
};

async function count(
  where: string,
  hits: number,
  cache: Cache,
  inspector: Redis,
  hit: () => Promise<unknown>,
): Promise<Finding> {
  // Loaded by the first; the others meet the labels for the first time.
  for (let warming = 0; warming < 10; warming++) await hit();
  const before = { hits: cache.counters().hits, calls: await commandCalls(inspector), trips: await trips(inspector) };
  for (let number = 0; number < hits; number++) await hit();
  // Of what the inspector asks, only one question lies between the two readings.
  const made = (await trips(inspector)) - before.trips - 1;
  const calls = [...(await commandCalls(inspector))]
    .map(([name, total]): [string, number] => [name, total - (before.calls.get(name) ?? 0)])
    .filter(([name, total]) => name !== "info" && total > few)
    .map(([name, total]) => `${(total / hits).toFixed(2)} ${name.toUpperCase()}`);
  const found = cache.counters().hits - before.hits;
  return {
    where,
    invariant: "one round trip per hit",
    seen: `${(made / hits).toFixed(2)} round trips for each of ${found} hits: ${calls.join(", ") || "no commands"}`,
    holds: found === hits && made <= hits + few,
  };
}

/** How often the server has read something from a socket: all that is written together counts once. */
function trips(inspector: Redis): Promise<number> {
  return figure(inspector, "stats", "total_reads_processed");
}
