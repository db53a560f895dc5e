import { memoryBackend } from "@cachette/backend-memory";
import { createCache } from "@cachette/core";
import { manualClock } from "@cachette/testing";
import { randomFrom } from "../kit/random.ts";

export interface DayConfig {
  readonly operations: number;
  readonly seed: number;
  readonly maxEntries: number;
  readonly maxBytes: number;
}

export interface Day {
  readonly hits: number;
  readonly loads: number;
  /** The most there ever was of each. */
  readonly entries: number;
  readonly bytes: number;
  readonly pending: number;
  readonly resources: number;
  /** Values that were not those of their key. */
  readonly wrong: number;
  /** Megabytes in use after the first hour, and at the end. */
  readonly heap: readonly [early: number, late: number];
}

const { maxBytes, maxEntries, operations, seed }: DayConfig = JSON.parse(process.argv[2] ?? "null");
const clock = manualClock(Date.UTC(2026, 0, 1));
const backend = memoryBackend({ maxBytes, maxEntries, clock });
const cache = createCache({ backend, prefix: "day", ttl: "10m", clock });
const random = randomFrom(seed);
const below = (limit: number) => Math.floor(random() * limit);

/** Keys of which few are asked for often and many once in a while. */
const keys = 20 * maxEntries;
const tag = (key: number) => `tag-${key % 1000}`;

let wrong = 0;
const most = { entries: 0, bytes: 0, pending: 0, resources: 0 };

async function operation(): Promise<void> {
  const key = Math.floor(keys * random() ** 8);
  const name = `key-${key}`;
  const namespace = `space-${key % 10}`;
  const dice = below(100_000);
  if (dice < 90_000) {
    const options = { namespace, tags: [tag(key)], ttl: 1000 * (1 + (key % 3600)) };
    const value = await cache.getOrSet(name, async () => ({ key }), options);
    if (value.key !== key) wrong++;
  } else if (dice < 95_000) await cache.get(name, { namespace });
  else if (dice < 98_000) await cache.set(name, { key }, { namespace, tags: [tag(key)] });
  else if (dice < 99_900) await cache.delete(name, { namespace });
  else if (dice < 99_990) await cache.invalidateTags([tag(key)], { soft: dice % 2 === 0 });
  else if (dice < 99_999) await cache.clear({ namespace });
  else await cache.clear();
}

const look = () => {
  most.entries = Math.max(most.entries, backend.size);
  most.bytes = Math.max(most.bytes, backend.bytes);
  most.pending = Math.max(most.pending, clock.pending);
  most.resources = Math.max(most.resources, process.getActiveResourcesInfo().length);
};

const heap = () => {
  globalThis.gc?.();
  return process.memoryUsage().heapUsed / 2 ** 20;
};

// A hundred operations at a time, then the time moves on.
const steps = Math.ceil(operations / 100);
let early = 0;
for (let step = 0; step < steps; step++) {
  await Promise.all(Array.from({ length: 100 }, operation));
  await clock.advance(86_400_000 / steps);
  look();
  if (step === Math.floor(steps / 24)) early = heap();
}
const late = heap();
await cache.close();
const { hits, loads } = cache.counters();
const day: Day = { hits, loads, ...most, wrong, heap: [early, late] };
// No more than that: the process ends by itself if nothing holds it.
process.stdout.write(JSON.stringify(day));
