import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Redis } from "ioredis";
import { freePort } from "server-kit";
import { pinned } from "../machine.ts";

export interface RunningRedis {
  readonly url: string;
  stop(): Promise<void>;
}

/**
 * The Redis of `REDIS_URL`, which nobody else should be using, or one that is started on a free port of 127.0.0.1 and
 * keeps nothing on disk: `REDIS_SERVER_BIN`, else the `redis-server` on the path.
 * @throws Error if there is none
 */
export async function startRedis(core: number | undefined): Promise<RunningRedis> {
  const { REDIS_URL: given, REDIS_SERVER_BIN: program = "redis-server" } = process.env;
  if (given) return { url: given, stop: async () => {} };
  const port = await freePort();
  const directory = await mkdtemp(join(tmpdir(), "cachette-bench-redis-"));
  const where = ["--port", String(port), "--bind", "127.0.0.1", "--dir", directory];
  const command = pinned(core, program, [...where, "--save", "", "--appendonly", "no"]);
  const server = spawn(...command, { stdio: "ignore" });
  const kill = () => server.kill("SIGKILL");
  process.on("exit", kill);
  const stop = async () => {
    process.off("exit", kill);
    if (server.exitCode === null && kill()) await once(server, "exit");
    await rm(directory, { recursive: true, force: true });
  };
  try {
    const url = `redis://127.0.0.1:${port}`;
    await answers(url, server);
    return { url, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

async function answers(url: string, server: ChildProcess): Promise<void> {
  const client = new Redis(url, { lazyConnect: true, retryStrategy: (attempts) => (attempts < 200 ? 50 : null) });
  // It tries again by itself until the server listens.
  client.on("error", () => {});
  const ended = new Promise<never>((_resolve, reject) => {
    server.on("error", reject);
    server.on("exit", (code) => reject(new Error(`redis-server ended with code ${code}.`)));
  });
  try {
    await Promise.race([client.ping(), ended]);
  } finally {
    client.disconnect();
  }
}
