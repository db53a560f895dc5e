import assert from "node:assert/strict";
import { memoryBackend } from "@cachette/backend-memory";
import { CachetteError, createCache } from "@cachette/core";
import { createHttpCache } from "@cachette/core/http";

const cache = createCache({ backend: memoryBackend({ maxBytes: "64mb" }), prefix: "shop", ttl: "1m" });

let loads = 0;
const getUser = cache.wrap(
  async (id: number) => {
    loads += 1;
    return { id, since: new Date(0) };
  },
  { name: "user" },
);

async function main(): Promise<void> {
  const first = await getUser(42);
  const second: { id: number; since: Date } = await getUser(42);
  assert.deepEqual(second, first);
  assert.ok(second.since instanceof Date);
  assert.equal(loads, 1);
  await cache.clear();
  await getUser(42);
  assert.equal(loads, 2);
  // Both doors of core lead into one house.
  assert.throws(() => createHttpCache(undefined as never), CachetteError);
  await cache.close();
  console.log("done");
}

main();
