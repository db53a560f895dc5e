import assert from "node:assert/strict";
import { redisBackend } from "@cachette/backend-redis";
import { createCache } from "@cachette/core";
import { Redis } from "ioredis";

const client = new Redis(process.env.REDIS_URL ?? "redis://127.0.0.1:6379");
const cache = createCache({ backend: redisBackend(client), prefix: `shop-${process.pid}`, ttl: "1m" });

let loads = 0;
async function rates(): Promise<Map<string, number>> {
  loads += 1;
  return new Map([["EUR", 1]]);
}

async function main(): Promise<void> {
  await client.ping();
  const first = await cache.getOrSet("rates", rates);
  const second: Map<string, number> = await cache.getOrSet("rates", rates);
  assert.deepEqual(second, first);
  assert.equal(second.get("EUR"), 1);
  assert.equal(loads, 1);
  await cache.clear();
  await cache.getOrSet("rates", rates);
  assert.equal(loads, 2);
  await cache.close();
  assert.equal(await client.ping(), "PONG");
  await client.quit();
  console.log("done");
}

main();
