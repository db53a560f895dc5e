import { memoryBackend } from "@cachette/backend-memory";
import { type Cache, createCache } from "@cachette/core";
import { LRUCache } from "lru-cache";
import { shuffled, zipf } from "../draws.ts";
import { rateTable, type Table } from "../report.ts";
import { measure, ratioTo, type Subject } from "../rounds.ts";
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
  return Array.from({ length: entries }, (_, id) => keyOf(id));
}

function keyOf(id: number): string {
  return `item:${id}`;
}

/** Which entries are asked for, given how many there are. */
export type Pattern = (entries: number) => Uint32Array;

/** The same number of them however many there are, from all over: what the number of entries alone costs. */
export function someOf(count: number): Pattern {
  return (entries) => shuffled(entries).subarray(0, count);
}

/** All of them, some far more often than others: more entries than fit the processor's caches are then in use. */
export function allOf(draws: number): Pattern {
  return (entries) => zipf(entries, draws);
}

/**
 * Hits among few entries and many: the ratio to those among the fewest, and to a plain LRU with as many. The latter
 * slows down too: the more there is, the less of it lies in the processor's own caches.
 */
export async function hitsByEntries(
  title: string,
  sizes: readonly number[],
  pattern: Pattern,
  settings: Settings,
): Promise<Table> {
  const cachette: Subject[] = [];
  const plain: Subject[] = [];
  for (const entries of sizes) {
    const keys = keysOf(entries);
    // Texts of their own, side by side: requests bring theirs as well, and where the stored ones lie is the cache's affair.
    const asked = Array.from(pattern(entries), keyOf);
    const turns = Uint32Array.from(asked.keys());
    const cache = (await filledCache(keys)).namespace("v1");
    const lru = new LRUCache<string, { id: number }>({ max: entries });
    for (const [id, key] of keys.entries()) lru.set(key, { id });
    const count = entries.toLocaleString("en");
    cachette.push(
      timed(`Cachette getOrSet, ${count} entries`, (turn) => cache.getOrSet(asked[turn] ?? "", missed), turns),
    );
    plain.push(timed(`lru-cache, ${count} entries`, (turn) => lru.get(asked[turn] ?? ""), turns));
  }
  const results = await measure([...cachette, ...plain], settings);
  const { columns, rows } = rateTable(title, results);
  return {
    title,
    columns: { ...columns, "to lru-cache": "ratio" },
    rows: rows.map((row, index) => {
      const own = results[index] ?? { rates: [] };
      const among = index % sizes.length;
      const ratio = ratioTo(results[index - among], own);
      return {
        ...row,
        figures: { ...row.figures, ratio, "to lru-cache": ratioTo(results[sizes.length + among], own) },
      };
    }),
  };
}

function missed(): never {
  throw new Error("What should be a hit was none.");
}
