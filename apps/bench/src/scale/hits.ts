import { memoryBackend } from "@cachette/backend-memory";
import { type Cache, createCache } from "@cachette/core";
import { LRUCache } from "lru-cache";
import { zipf } from "../draws.ts";
import { rateTable, type Table } from "../report.ts";
import { measure, type Subject } from "../rounds.ts";
import type { Settings } from "../settings.ts";
import { timed } from "../timed.ts";

/** A cache on memory with as many entries, all in one namespace. */
export async function filledCache(keys: readonly string[]): Promise<Cache> {
  const cache = createCache({
    backend: memoryBackend({ maxEntries: Math.max(1_000, 2 * keys.length) }),
    prefix: "bench",
    ttl: "1h",
    shared: true,
  });
  await fill(cache, keys);
  return cache;
}

export async function fill(cache: Cache, keys: readonly string[]): Promise<void> {
  for (const [id, key] of keys.entries()) await cache.set(key, { id }, { namespace: "v1" });
}

export function keysOf(entries: number): string[] {
  return Array.from({ length: entries }, (_, id) => `item:${id}`);
}

/**
 * Hits among few entries and many. The keys are Zipf-distributed over all of them; a plain LRU shows how much of the
 * slowdown is the machine's own, whose caches hold less and less of it all.
 */
export async function hitsByEntries(title: string, sizes: readonly number[], settings: Settings): Promise<Table> {
  const draws = settings.short ? 1_000 : 1 << 18;
  const cachette: Subject[] = [];
  const plain: Subject[] = [];
  for (const entries of sizes) {
    const keys = keysOf(entries);
    const order = zipf(entries, draws);
    const cache = (await filledCache(keys)).namespace("v1");
    const lru = new LRUCache<string, { id: number }>({ max: entries });
    for (const [id, key] of keys.entries()) lru.set(key, { id });
    const count = entries.toLocaleString("en");
    cachette.push(timed(`Cachette getOrSet, ${count} entries`, (id) => cache.getOrSet(keys[id] ?? "", missed), order));
    plain.push(timed(`lru-cache, ${count} entries`, (id) => lru.get(keys[id] ?? ""), order));
  }
  const own = rateTable(title, await measure(cachette, settings));
  const others = rateTable(title, await measure(plain, settings));
  return { ...own, rows: [...own.rows, ...others.rows] };
}

function missed(): never {
  throw new Error("What should be a hit was none.");
}
