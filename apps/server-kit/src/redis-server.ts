import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { connect, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { findRedis } from "./redis-binary.ts";

export interface RedisServer {
  readonly url: string;
  readonly port: number;
  readonly process: ChildProcess;
  /** `SIGSTOP` makes it accept and never answer, `SIGCONT` wakes it, `SIGKILL` is a crash. */
  signal(signal: NodeJS.Signals): void;
  /** Ends the server and removes its files. Does nothing when it is down already. */
  stop(): Promise<void>;
}

export interface RedisServerOptions {
  /** A free port by default. Give the port of a stopped server to start one in its place. */
  port?: number;
  /** More arguments of redis-server, such as `["--maxmemory", "2mb"]`. */
  args?: readonly string[];
  /** A configuration file, which the arguments are on top of. */
  config?: string;
}

/** Starts an empty Redis on 127.0.0.1 that keeps nothing on disk; resolves once it answers. */
export async function startRedisServer(options: RedisServerOptions = {}): Promise<RedisServer> {
  const { command, argv0, env } = await findRedis();
  const port = options.port ?? (await freePort());
  const directory = await mkdtemp(join(tmpdir(), "cachette-redis-"));
  const settings = ["--port", String(port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"];
  const file = options.config === undefined ? [] : [options.config];
  const server = spawn(command, [...file, ...settings, "--dir", directory, ...(options.args ?? [])], {
    argv0,
    env: { ...process.env, ...env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let output = "";
  const keep = (chunk: Buffer) => {
    output = (output + chunk).slice(-4000);
  };
  server.stdout.on("data", keep);
  server.stderr.on("data", keep);
  const exited = once(server, "exit");
  const reaper = reapAfterUs(server, directory);

  const stop = async () => {
    server.kill("SIGKILL");
    await exited;
    reaper.kill("SIGKILL");
    await rm(directory, { recursive: true, force: true });
  };
  try {
    await answers(port, server);
  } catch (error) {
    await stop();
    throw new Error(`redis-server did not start on port ${port}:\n${output}`, { cause: error });
  }
  return {
    url: `redis://127.0.0.1:${port}`,
    port,
    process: server,
    signal: (signal) => server.kill(signal),
    stop,
  };
}

/**
 * Ends the server when this process is gone, however it went: test workers are killed without a word. The shell waits
 * for the end of its input, which the system closes for us; a group of its own keeps it from what ends ours.
 */
function reapAfterUs(server: ChildProcess, directory: string): ChildProcess {
  const script = 'cat >/dev/null; kill -9 "$0"; rm -rf "$1"';
  return spawn("sh", ["-c", script, String(server.pid), directory], {
    stdio: ["pipe", "ignore", "ignore"],
    detached: true,
  });
}

/** A port of 127.0.0.1 on which nothing listens. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  server.close();
  await once(server, "close");
  if (address === null || typeof address === "string") throw new Error("no port");
  return address.port;
}

/** Waits until the server answers; without a password when it has one, that is an answer too. */
async function answers(port: number, server: ChildProcess): Promise<void> {
  for (const deadline = Date.now() + 10_000; ; ) {
    if (server.exitCode !== null) throw new Error(`it exited with code ${server.exitCode}`);
    try {
      if (/^(\+PONG|-NOAUTH)/.test(await ping(port))) return;
    } catch (error) {
      if (Date.now() > deadline) throw error;
    }
    await sleep(10);
  }
}

async function ping(port: number): Promise<string> {
  const socket = connect(port, "127.0.0.1");
  try {
    socket.setTimeout(1000, () => socket.destroy(new Error("no answer to PING")));
    socket.write("PING\r\n");
    const [answer] = await once(socket, "data");
    return String(answer);
  } finally {
    socket.destroy();
  }
}
