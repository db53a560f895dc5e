import { type RedisBackend, redisBackend } from "@cachette/backend-redis";
import { Cluster, Redis } from "ioredis";

/** Where a Redis is, in a form that can be told to another process. */
export type Place = { readonly url: string } | { readonly nodes: readonly { host: string; port: number }[] };

/**
 * A client for a cache: it fails at once while it has no connection. Not with automatic pipelines on a cluster: while a
 * slot moves, ioredis hands out the redirections of some commands in a pipeline as errors.
 */
function openClient(place: Place): Redis | Cluster {
  const client =
    "url" in place
      ? new Redis(place.url, { enableAutoPipelining: true, enableOfflineQueue: false, maxRetriesPerRequest: 0 })
      : new Cluster([...place.nodes], { enableOfflineQueue: false, redisOptions: { maxRetriesPerRequest: 0 } });
  client.on("error", () => {});
  return client;
}

export interface OpenedBackend {
  readonly backend: RedisBackend;
  readonly client: Redis | Cluster;
}

/** A backend on a client that is connected. */
export async function openBackend(place: Place): Promise<OpenedBackend> {
  const client = openClient(place);
  if (client.status !== "ready") await new Promise((resolve) => client.once("ready", resolve));
  return { backend: redisBackend(client), client };
}
