import { backendSuite } from "@cachette/testing/vitest";
import { Redis } from "ioredis";
import { afterAll, inject } from "vitest";
import { redisBackend } from "../src/index.ts";
import { removeAll, uniquePrefix } from "./support.ts";

const url = inject("redisUrl");
const here = new Redis(url);
const there = new Redis(url);
const pipelining = new Redis(url, { enableAutoPipelining: true });

afterAll(() => {
  for (const client of [here, there, pipelining]) client.disconnect();
});

function harness(open: () => ReturnType<typeof redisBackend>) {
  const backend = open();
  const prefix = uniquePrefix();
  return {
    backend,
    prefix,
    another: () => redisBackend(there),
    dispose: async () => {
      await backend.close();
      await removeAll(here, prefix);
    },
  };
}

backendSuite("redis, a client handed in", () => harness(() => redisBackend(here)));

backendSuite("redis, a client that pipelines", () => harness(() => redisBackend(pipelining)));

backendSuite("redis, a URL", () => harness(() => redisBackend(url)));
