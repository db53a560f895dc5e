import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { freePort, type RedisCluster, type RedisServer } from "server-kit";
import { type ClusterArena, type SentinelArena, type ServerArena, send } from "./arena.ts";

/** Something that happens to Redis, for `duration` milliseconds where that can be chosen; over when it resolves. */
export type Fault = { readonly name: string } & (
  | { readonly on: "server"; strike(arena: ServerArena, duration: number): Promise<void> }
  | { readonly on: "sentinel"; strike(arena: SentinelArena, duration: number): Promise<void> }
  | { readonly on: "cluster"; strike(arena: ClusterArena, duration: number): Promise<void> }
);

export const faults: readonly Fault[] = [
  {
    name: "killed, back empty",
    on: "server",
    async strike(arena, duration) {
      arena.server.signal("SIGKILL");
      await sleep(duration);
      await arena.restart();
    },
  },
  {
    name: "silent (SIGSTOP)",
    on: "server",
    async strike({ server }, duration) {
      server.signal("SIGSTOP");
      await sleep(duration);
      server.signal("SIGCONT");
    },
  },
  {
    name: "restarted empty",
    on: "server",
    strike: (arena) => arena.restart(),
  },
  {
    name: "DEBUG SLEEP",
    on: "server",
    async strike(arena, duration) {
      await arena.command("DEBUG", "SLEEP", duration / 1000);
    },
  },
  {
    name: "full (noeviction)",
    on: "server",
    async strike(arena, duration) {
      await arena.command("CONFIG", "SET", "maxmemory", "1mb");
      await sleep(duration);
      await arena.command("CONFIG", "SET", "maxmemory", 0);
    },
  },
  {
    name: "CLIENT KILL",
    on: "server",
    async strike(arena, duration) {
      for (const end = Date.now() + duration; Date.now() < end; await sleep(300)) {
        await arena.command("CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes");
      }
    },
  },
  {
    name: "READONLY",
    on: "server",
    async strike(arena, duration) {
      await arena.command("REPLICAOF", "127.0.0.1", await freePort());
      await sleep(duration);
      await arena.command("REPLICAOF", "NO", "ONE");
    },
  },
  {
    name: "LOADING",
    on: "server",
    async strike(arena, duration) {
      const directory = await mkdtemp(join(tmpdir(), "cachette-drill-"));
      try {
        await arena.command("CONFIG", "SET", "dir", directory);
        // A millisecond for each key.
        await arena.command("DEBUG", "POPULATE", duration);
        await arena.command("SAVE");
        const slowly = ["--key-load-delay", "1000", "--loading-process-events-interval-bytes", "1024"];
        await arena.restart({ args: ["--dir", directory, ...slowly] });
      } finally {
        await rm(directory, { recursive: true, force: true });
      }
    },
  },
  {
    name: "Sentinel fail-over",
    on: "sentinel",
    async strike({ set }) {
      set.master.signal("SIGKILL");
      await promoted(set.replica);
    },
  },
  {
    name: "Sentinel fail-over, old master back",
    on: "sentinel",
    async strike({ set }) {
      set.master.signal("SIGSTOP");
      await promoted(set.replica);
      // For a moment it takes itself for the master, with all that was purged meanwhile.
      set.master.signal("SIGCONT");
    },
  },
  {
    name: "cluster master killed",
    on: "cluster",
    async strike({ cluster }) {
      const { heir, master } = await clockNodes(cluster);
      master.signal("SIGKILL");
      await takenOver(heir);
    },
  },
  {
    name: "cluster master silent, back later",
    on: "cluster",
    async strike({ cluster }) {
      const { heir, master } = await clockNodes(cluster);
      master.signal("SIGSTOP");
      await takenOver(heir);
      master.signal("SIGCONT");
    },
  },
];

/** The master with the clock and the labels, without which nothing can be judged, and its replica. */
async function clockNodes({
  replicas,
  servers,
}: RedisCluster): Promise<{ readonly master: RedisServer; readonly heir: RedisServer }> {
  const slot = Number(await send(servers[0]?.url ?? "", ["CLUSTER", "KEYSLOT", "{demo}:clock"]));
  const index = Math.floor((slot * servers.length) / 16_384);
  return { master: servers[index] as RedisServer, heir: replicas[index] as RedisServer };
}

async function takenOver(heir: RedisServer): Promise<void> {
  await promoted(heir);
  await until(async () => String(await send(heir.url, ["CLUSTER", "INFO"])).includes("cluster_state:ok"));
}

async function promoted({ url }: RedisServer): Promise<void> {
  await until(async () => String(await send(url, ["INFO", "replication"])).includes("role:master"));
}

async function until(reached: () => Promise<boolean>): Promise<void> {
  for (const end = Date.now() + 30_000; !(await reached()); await sleep(50)) {
    if (Date.now() > end) throw new Error("nobody took over within 30 s");
  }
}
