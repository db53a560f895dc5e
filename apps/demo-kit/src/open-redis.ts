import { Cluster, Redis } from "ioredis";
import { reportConnection } from "./connection.ts";
import type { RedisAddress } from "./redis-address.ts";

/** Milliseconds until the next attempt to connect, at most. */
const longestPause = 1_000;

const pause = (attempt: number): number => Math.min(25 * 2 ** Math.min(attempt, 10), longestPause);

/**
 * Settings that are right for a cache: what cannot be sent now fails now, and the cache goes on without it. Nothing is
 * kept for later, nothing is sent twice, and a connection on which nothing comes back is given up.
 */
const settings = {
  enableAutoPipelining: true,
  enableOfflineQueue: false,
  autoResendUnfulfilledCommands: false,
  maxRetriesPerRequest: 0,
  connectTimeout: 2_000,
  socketTimeout: 2_000,
  retryStrategy: pause,
  // A server that loads its data says how long that may take, and is not always right.
  maxLoadingRetryTime: longestPause,
};

/** Opens a client, and has it say when Redis goes out of reach and when it is back. */
export function openRedis(address: RedisAddress): Redis | Cluster {
  const client = open(address);
  reportConnection(client);
  return client;
}

function open(address: RedisAddress): Redis | Cluster {
  if (address.kind === "server") return new Redis(address.url, settings);
  const hosts = [...address.hosts];
  if (address.kind === "sentinel") {
    return new Redis({
      ...settings,
      sentinels: hosts,
      name: address.name,
      sentinelRetryStrategy: pause,
      sentinelCommandTimeout: 1_000,
      // Told of a fail-over by the Sentinels, rather than by a master that has gone silent.
      failoverDetector: true,
    });
  }
  return new Cluster(hosts, {
    // No automatic pipelines: while a slot moves, ioredis hands out the redirections of some of their commands as errors.
    enableOfflineQueue: false,
    clusterRetryStrategy: pause,
    redisOptions: { ...settings, enableAutoPipelining: false },
  });
}
