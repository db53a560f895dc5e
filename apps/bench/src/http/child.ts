import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { pinned } from "../machine.ts";
import type { ServerOrder, ServerStarted, ServerState } from "./subject.ts";

export interface RunningServer {
  readonly port: number;
  state(): Promise<ServerState>;
  stop(): Promise<void>;
}

const program = fileURLToPath(new URL("server.ts", import.meta.url));

/**
 * Starts a server in a process of its own, on a core of its own if one is given.
 * @throws Error if it ends before it listens
 */
export async function startServer(order: ServerOrder, core: number | undefined): Promise<RunningServer> {
  const flags = ["--conditions=@cachette/source", "--disable-warning=ExperimentalWarning"];
  const [execPath, execArgv] = pinned(core, process.execPath, flags);
  const env = { ...process.env, NODE_ENV: "production" };
  const child = fork(program, { execPath, execArgv, env });
  const exited = once(child, "exit");
  child.send(order);
  const started = await Promise.race([news<ServerStarted>(child), exited]);
  if (!("port" in started)) throw new Error(`The server ${order.framework}, ${order.kind} did not start.`);
  return {
    port: started.port,
    state() {
      child.send("state");
      return news<ServerState>(child);
    },
    async stop() {
      child.kill("SIGKILL");
      await exited;
    },
  };
}

async function news<News>(child: ChildProcess): Promise<News> {
  const [message] = await once(child, "message");
  return message as News;
}
