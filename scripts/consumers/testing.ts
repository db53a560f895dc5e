import assert from "node:assert/strict";
import { memoryBackend } from "@cachette/backend-memory";
import { createCache } from "@cachette/core";
import { adapterCases, backendCases, faultyBackend, manualClock } from "@cachette/testing";

const clock = manualClock();
const backend = faultyBackend(memoryBackend({ maxEntries: 100, clock }));
const cache = createCache({ backend, clock });

async function main(): Promise<void> {
  await cache.set("rates", 1, { ttl: "5s" });
  assert.equal(await cache.get("rates"), 1);
  await clock.advance("6s");
  assert.equal(await cache.get("rates"), undefined);
  backend.faults.get.fail();
  assert.equal(await cache.getOrSet("rates", () => 2), 2);
  assert.ok(adapterCases.length > 0 && backendCases.length > 0);
  await cache.close();
  console.log("done");
}

main();
