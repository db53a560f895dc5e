import { startRedisServer } from "server-kit";
import { pin } from "../machine.ts";

export interface RunningRedis {
  readonly url: string;
  stop(): Promise<void>;
}

/** The Redis of `REDIS_URL`, which nobody else should be using, or one that is started here as for the tests. */
export async function startRedis(core: number | undefined): Promise<RunningRedis> {
  const { REDIS_URL: given } = process.env;
  if (given) return { url: given, stop: async () => {} };
  const server = await startRedisServer();
  if (core !== undefined) pin(core, server.process.pid);
  return server;
}
