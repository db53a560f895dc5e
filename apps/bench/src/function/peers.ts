import { type CacheEntry, cachified } from "@epic-web/cachified";
import { createCache as createDedupe } from "async-cache-dedupe";
import { BentoCache, bentostore } from "bentocache";
import { memoryDriver } from "bentocache/drivers/memory";
import { createCache as createManaged } from "cache-manager";
import { Cacheable } from "cacheable";
import { Loader } from "layered-loader/core";
import { LRUCache } from "lru-cache";
import type { GetUser, LoadUser, User } from "./user.ts";

/** Milliseconds that everything is kept: longer than a run. */
const ttl = 3_600_000;

/** Other caches on memory, each by default where it can hold that many entries, in the form its own manual shows. */
export const peers: Readonly<Record<string, (keys: readonly string[], load: LoadUser) => GetUser>> = {
  bentocache(keys, load) {
    const cache = bento(keys.length, true);
    return (id) => cache.getOrSet({ key: keys[id] ?? "", factory: () => load(id) });
  },

  "bentocache, not serialized"(keys, load) {
    const cache = bento(keys.length, false);
    return (id) => cache.getOrSet({ key: keys[id] ?? "", factory: () => load(id) });
  },

  "bentocache, namespace and 3 tags"(keys, load) {
    const cache = bento(keys.length, true).namespace("v1");
    return (id) => cache.getOrSet({ key: keys[id] ?? "", factory: () => load(id), tags: ["a", "b", "c"] });
  },

  "cache-manager"(keys, load) {
    const cache = createManaged({ ttl });
    return (id) => cache.wrap(keys[id] ?? "", () => load(id));
  },

  cacheable(keys, load) {
    const cache = new Cacheable({ ttl });
    return (id) => cache.getOrSet(keys[id] ?? "", async () => load(id));
  },

  "async-cache-dedupe"(keys, load) {
    const storage = { type: "memory", options: { size: 2 * keys.length } } as const;
    const cache = createDedupe({ ttl: ttl / 1_000, storage }).define("user", async (id: number) => load(id));
    return (id) => cache.user(id);
  },

  cachified(keys, load) {
    const cache = new LRUCache<string, CacheEntry>({ max: 2 * keys.length });
    return (id) => cachified<User>({ key: keys[id] ?? "", cache, ttl, getFreshValue: () => load(id) });
  },

  "layered-loader"(keys, load) {
    const loader = new Loader<User, number>({
      inMemoryCache: { ttlInMsecs: ttl, maxItems: 2 * keys.length },
      cacheKeyFromLoadParamsResolver: (id) => keys[id] ?? "",
      dataSourceGetOneFn: async (id) => load(id),
    });
    return (id) => loader.get(id);
  },
};

function bento(keys: number, serialize: boolean): BentoCache<{ memory: ReturnType<typeof bentostore> }> {
  const layer = memoryDriver({ maxItems: 2 * keys, serialize });
  return new BentoCache({ default: "memory", ttl, stores: { memory: bentostore().useL1Layer(layer) } });
}
