import { setTimeout as sleep } from "node:timers/promises";
import { Redis } from "ioredis";
import { freePort, type RedisServer, startRedisServer } from "../../../test/redis-server.ts";

export interface RedisCluster {
  readonly nodes: readonly { readonly host: string; readonly port: number }[];
  readonly servers: readonly RedisServer[];
  stop(): Promise<void>;
}

const slots = 16_384;

/** Three masters without replicas, a third of the slots each. */
export async function startCluster(): Promise<RedisCluster> {
  const members = await Promise.all([1, 2, 3].map(startMember));
  const stop = async () => {
    await Promise.all(members.map(({ server }) => server.stop()));
  };
  try {
    await join(members);
  } catch (error) {
    await stop();
    throw error;
  }
  return {
    nodes: members.map(({ server }) => ({ host: "127.0.0.1", port: server.port })),
    servers: members.map(({ server }) => server),
    stop,
  };
}

interface Member {
  readonly server: RedisServer;
  readonly busPort: number;
}

async function startMember(): Promise<Member> {
  const busPort = await freePort();
  const settings = { "cluster-enabled": "yes", "cluster-port": String(busPort), "cluster-node-timeout": "2000" };
  const args = Object.entries(settings).flatMap(([name, value]) => [`--${name}`, value]);
  return { server: await startRedisServer({ args }), busPort };
}

async function join(members: readonly Member[]): Promise<void> {
  const clients = members.map(({ server }) => new Redis(server.url));
  try {
    for (const [index, client] of clients.entries()) {
      const first = Math.ceil((index * slots) / members.length);
      const last = Math.ceil(((index + 1) * slots) / members.length) - 1;
      await client.cluster("ADDSLOTSRANGE", first, last);
      for (const { server, busPort } of members) await client.cluster("MEET", "127.0.0.1", server.port, busPort);
    }
    for (const client of clients) {
      for (const end = Date.now() + 15_000; !(await client.cluster("INFO")).includes("cluster_state:ok"); ) {
        if (Date.now() > end) throw new Error(`the cluster does not come up:\n${await client.cluster("INFO")}`);
        await sleep(50);
      }
    }
  } finally {
    for (const client of clients) client.disconnect();
  }
}
