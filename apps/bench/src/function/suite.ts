import { isDeepStrictEqual } from "node:util";
import { LRUCache } from "lru-cache";
import { zipf } from "../draws.ts";
import { collectGarbage } from "../garbage.ts";
import { type Findings, rateTable, type Table } from "../report.ts";
import { measure, type Subject } from "../rounds.ts";
import type { Settings } from "../settings.ts";
import { rateOf, timed } from "../timed.ts";
import { cachette } from "./cachette.ts";
import { peers } from "./peers.ts";
import { type GetUser, type LoadUser, makeUser, type User } from "./user.ts";

/** Opens a cache with room for all of these keys, in front of what loads. */
type Open = (keys: readonly string[], load: LoadUser) => GetUser;

const own = Object.entries(cachette).map(([name, open]) => [`Cachette ${name}`, open] as const);
const caches: readonly (readonly [name: string, open: Open])[] = [...own, ...Object.entries(peers)];

/** Hits and misses of cached functions in memory, beside an awaited `lru-cache` and other caches. */
export async function functionSuite(settings: Settings): Promise<Findings> {
  const keys = Array.from({ length: settings.short ? 100 : 10_000 }, (_, id) => `user:${id}`);
  const order = zipf(keys.length, settings.short ? 1_000 : 1 << 16);
  const getters = await warmGetters(keys);
  const tables: Table[] = [];
  for (const together of [1, 100]) {
    const title = `Hits in memory, ${together === 1 ? "one after another" : `${together} at a time`}`;
    if (!settings.wanted(title)) continue;
    const perLook = settings.short ? 100 : 1_000;
    const subjects = Object.entries(getters).map(([name, get]) => timed(name, get, order, together, perLook));
    tables.push(rateTable(title, await measure(subjects, settings, collectGarbage)));
  }
  const misses = "Misses in memory, one after another";
  if (settings.wanted(misses)) {
    const subjects = [["lru-cache, awaited", bare] as const, ...caches].map(([name, open]) =>
      missing(name, open, keys),
    );
    tables.push(rateTable(misses, await measure(subjects, settings, collectGarbage)));
  }
  return {
    tables,
    notes: [
      `${keys.length} warm keys, Zipf-distributed.`,
      `Misses: each of ${keys.length} keys once in an empty cache.`,
    ],
  };
}

/** What is put in is there; nobody else is waited for. */
function bare(keys: readonly string[], load: LoadUser): GetUser {
  const lru = new LRUCache<string, User>({ max: 2 * keys.length });
  return async (id) => {
    const key = keys[id] ?? "";
    const known = lru.get(key);
    if (known !== undefined) return known;
    const user = await load(id);
    lru.set(key, user);
    return user;
  };
}

/** Asks empty caches for each key once. */
function missing(name: string, open: Open, keys: readonly string[]): Subject {
  const once = async () => {
    const get = open(keys, makeUser);
    for (let id = 0; id < keys.length; id++) await get(id);
  };
  return { name, measure: (seconds) => rateOf(once, keys.length, seconds) };
}

/** All subjects with everything in the cache, the floor first. */
async function warmGetters(keys: readonly string[]): Promise<Record<string, GetUser>> {
  const lru = new LRUCache<string, User>({ max: 2 * keys.length });
  for (const [id, key] of keys.entries()) lru.set(key, makeUser(id));
  const getters: Record<string, GetUser> = {
    "lru-cache, awaited": (id) => lru.get(keys[id] ?? ""),
    "lru-cache in an async function": async (id) => lru.get(keys[id] ?? ""),
  };
  for (const [name, open] of caches) getters[name] = await warm(name, open, keys);
  return getters;
}

/**
 * Fills a cache, and asks for everything once more: what is measured must be hits, and right.
 * @throws Error if it is not
 */
export async function warm(name: string, open: Open, keys: readonly string[]): Promise<GetUser> {
  let loads = 0;
  const get = open(keys, (id) => {
    loads++;
    return makeUser(id);
  });
  for (let round = 0; round < 2; round++) {
    for (let id = 0; id < keys.length; id++) {
      const value = await get(id);
      if (!isDeepStrictEqual(value, makeUser(id))) throw new Error(`${name} gives something else for ${keys[id]}.`);
    }
  }
  if (loads !== keys.length) throw new Error(`${name} loaded ${loads} times for ${keys.length} keys.`);
  return get;
}
