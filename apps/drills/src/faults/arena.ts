import { Redis } from "ioredis";
import {
  type RedisCluster,
  type RedisServer,
  type RedisServerOptions,
  type SentinelSet,
  startCluster,
  startRedisServer,
  startSentinels,
} from "server-kit";

/** A Redis that the demos use and faults are done to. */
export interface Arena {
  /** The `REDIS_URL` of the demos. */
  readonly url: string;
  stop(): Promise<void>;
}

/** One server, which may be replaced by another on the same port. */
export interface ServerArena extends Arena {
  readonly kind: "server";
  server: RedisServer;
  /** Starts a server in place of one that was killed. */
  restart(options?: RedisServerOptions): Promise<void>;
  /** Sends commands on a connection of their own. */
  command(...command: readonly [string, ...(string | number)[]]): Promise<unknown>;
}

export interface SentinelArena extends Arena {
  readonly kind: "sentinel";
  readonly set: SentinelSet;
}

export interface ClusterArena extends Arena {
  readonly kind: "cluster";
  readonly cluster: RedisCluster;
}

export type AnyArena = ServerArena | SentinelArena | ClusterArena;

export async function startArena(kind: AnyArena["kind"]): Promise<AnyArena> {
  if (kind === "sentinel") {
    const set = await startSentinels();
    return { kind, set, url: `redis+sentinel://${list(set.sentinels)}/${set.name}`, stop: set.stop };
  }
  if (kind === "cluster") {
    const cluster = await startCluster({ replicas: true });
    return { kind, cluster, url: `redis+cluster://${list(cluster.nodes)}`, stop: cluster.stop };
  }
  const args = ["--enable-debug-command", "local", "--enable-protected-configs", "local"];
  const server = await startRedisServer({ args });
  const arena: ServerArena = {
    kind,
    url: server.url,
    server,
    async restart(options) {
      await arena.server.stop();
      arena.server = await startRedisServer({ port: server.port, args: [...args, ...(options?.args ?? [])] });
    },
    command: (...command) => send(server.url, command),
    stop: () => arena.server.stop(),
  };
  return arena;
}

function list(hosts: readonly { readonly host: string; readonly port: number }[]): string {
  return hosts.map(({ host, port }) => `${host}:${port}`).join(",");
}

/** Sends one command to a server. */
export async function send(url: string, [name, ...rest]: readonly [string, ...(string | number)[]]): Promise<unknown> {
  const client = new Redis(url);
  client.on("error", () => {});
  try {
    return await client.call(name, ...rest);
  } finally {
    client.disconnect();
  }
}
