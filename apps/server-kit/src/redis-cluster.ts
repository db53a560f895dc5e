import { setTimeout as sleep } from "node:timers/promises";
import { Redis } from "ioredis";
import { freePort, type RedisServer, startRedisServer } from "./redis-server.ts";

export interface RedisCluster {
  readonly nodes: readonly { readonly host: string; readonly port: number }[];
  /** The masters, in the order of their slots. */
  readonly servers: readonly RedisServer[];
  /** The replicas, in the order of their masters; none unless asked for. */
  readonly replicas: readonly RedisServer[];
  stop(): Promise<void>;
}

export interface ClusterOptions {
  /** Whether each master has a replica that may take its place. Default: `false`. */
  readonly replicas?: boolean;
  /** More arguments of each redis-server. */
  readonly args?: readonly string[];
}

const slots = 16_384;

/** Three masters with a third of the slots each. */
export async function startCluster({ replicas = false, args = [] }: ClusterOptions = {}): Promise<RedisCluster> {
  const members = await Promise.all(Array.from({ length: replicas ? 6 : 3 }, () => startMember(args)));
  const stop = async () => {
    await Promise.all(members.map(({ server }) => server.stop()));
  };
  try {
    await join(members);
  } catch (error) {
    await stop();
    throw error;
  }
  const servers = members.map(({ server }) => server);
  return {
    nodes: servers.map(({ port }) => ({ host: "127.0.0.1", port })),
    servers: servers.slice(0, 3),
    replicas: servers.slice(3),
    stop,
  };
}

interface Member {
  readonly server: RedisServer;
  readonly busPort: number;
}

async function startMember(more: readonly string[]): Promise<Member> {
  const busPort = await freePort();
  const settings = {
    "cluster-enabled": "yes",
    "cluster-port": String(busPort),
    "cluster-node-timeout": "2000",
    "repl-diskless-sync-delay": "0",
  };
  const args = Object.entries(settings).flatMap(([name, value]) => [`--${name}`, value]);
  return { server: await startRedisServer({ args: [...args, ...more] }), busPort };
}

async function join(members: readonly Member[]): Promise<void> {
  const clients = members.map(({ server }) => new Redis(server.url));
  const masters = clients.slice(0, 3);
  try {
    for (const [index, client] of clients.entries()) {
      const first = Math.ceil((index * slots) / masters.length);
      const last = Math.ceil(((index + 1) * slots) / masters.length) - 1;
      if (index < masters.length) await client.cluster("ADDSLOTSRANGE", first, last);
      for (const { server, busPort } of members) await client.cluster("MEET", "127.0.0.1", server.port, busPort);
    }
    for (const [index, replica] of clients.slice(masters.length).entries()) {
      const master = masters[index] as Redis;
      await follow(replica, String(await master.cluster("MYID")));
    }
    for (const client of clients) await until(client, async () => (await clusterInfo(client)).includes("state:ok"));
  } finally {
    for (const client of clients) client.disconnect();
  }
}

/** Makes a node the replica of another, as soon as it has heard of that, and waits until it has its data. */
async function follow(replica: Redis, master: string): Promise<void> {
  await until(replica, () =>
    replica.cluster("REPLICATE", master).then(
      () => true,
      () => false,
    ),
  );
  await until(replica, async () => (await replica.info("replication")).includes("master_link_status:up"));
}

async function until(client: Redis, reached: () => Promise<boolean>): Promise<void> {
  for (const end = Date.now() + 20_000; !(await reached()); await sleep(50)) {
    if (Date.now() > end) throw new Error(`the cluster does not come up:\n${await clusterInfo(client)}`);
  }
}

async function clusterInfo(client: Redis): Promise<string> {
  return String(await client.cluster("INFO"));
}
