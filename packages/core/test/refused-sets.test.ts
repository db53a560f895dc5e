import { expect, test } from "vitest";
import { manualClock } from "../../testing/src/index.ts";
import { createCache } from "../src/index.ts";
import { byteBackend, deferred, settled } from "./kit.ts";

const refused = new Error("OOM");

test("what a refused set has removed does not stand in for an error afterwards", async () => {
  const clock = manualClock();
  const bytes = byteBackend(clock);
  const gate = deferred<void>();
  let full = false;
  const backend = {
    ...bytes,
    get: async (key: string) => bytes.get(key),
    async set(key: string, value: Uint8Array) {
      if (full) throw refused;
      bytes.set(key, value, { expiresAt: Number.POSITIVE_INFINITY, size: value.length });
    },
    async delete(key: string) {
      await gate.promise;
      return bytes.delete(key);
    },
  };
  const cache = createCache({ backend, clock, ttl: "1s", staleIfError: "1h" });
  await cache.getOrSet("a", () => "old");
  await clock.advance("2s");
  full = true;
  const set = cache.set("a", "new");
  await settled();
  // Comes while the removal is on its way, and finds what is not removed yet.
  const load = deferred<string>();
  const before = cache.getOrSet("a", () => load.promise);
  await settled();
  gate.resolve();
  expect(await set).toBe(false);
  const after = cache.getOrSet("a", () => "loaded");
  await settled();
  load.reject(new Error("down"));
  await expect(before).rejects.toThrow("down");
  expect(await after).toBe("loaded");
});

test("a set that is refused late takes nothing away that a later one has stored", async () => {
  const bytes = byteBackend();
  const refusal = deferred<void>();
  let sets = 0;
  const backend = {
    ...bytes,
    get: async (key: string) => bytes.get(key),
    async set(key: string, value: Uint8Array) {
      if (sets++ === 0) await refusal.promise;
      bytes.set(key, value, { expiresAt: Number.POSITIVE_INFINITY, size: value.length });
    },
  };
  const cache = createCache({ backend });
  const first = cache.set("a", 1);
  await settled();
  const second = cache.set("a", 2);
  await settled();
  refusal.reject(refused);
  expect([await first, await second, await cache.get("a")]).toEqual([false, true, 2]);
});
