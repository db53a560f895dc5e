import type { TestProject } from "vitest/node";
import { startRedisServer } from "./redis-server.ts";

declare module "vitest" {
  interface ProvidedContext {
    /** A Redis for the tests, shared by all files of the run: use a prefix of your own, never FLUSHALL. */
    redisUrl: string;
  }
}

/** Gives the tests a real Redis: that of `REDIS_URL`, or one that is started for them and ends with them. */
export default async function setup(project: TestProject): Promise<(() => Promise<void>) | undefined> {
  const given = process.env.REDIS_URL;
  if (given) {
    project.provide("redisUrl", given);
    return undefined;
  }
  const server = await startRedisServer();
  project.provide("redisUrl", server.url);
  return server.stop;
}
