import { memoryBackend } from "@cachette/backend-memory";
import { type Cache, createCache } from "@cachette/core";
import type { GetUser, LoadUser } from "./user.ts";

const grouped = { namespace: "v1", tags: ["a", "b", "c"] };

/** Cachette on memory: the value copied for each caller or shared, alone or in a namespace and with tags. */
export const cachette: Readonly<Record<string, (keys: readonly string[], load: LoadUser) => GetUser>> = {
  getOrSet(keys, load) {
    const cache = open(keys);
    return (id) => cache.getOrSet(keys[id] ?? "", () => load(id));
  },

  "getOrSet, shared"(keys, load) {
    const cache = open(keys);
    return (id) => cache.getOrSet(keys[id] ?? "", () => load(id), { shared: true });
  },

  // Written out anew for each call, as most people do.
  "getOrSet, shared, namespace and 3 tags"(keys, load) {
    const cache = open(keys);
    return (id) =>
      cache.getOrSet(keys[id] ?? "", () => load(id), { shared: true, namespace: "v1", tags: ["a", "b", "c"] });
  },

  "getOrSet, the same with its options made once"(keys, load) {
    const cache = open(keys);
    const options = { shared: true, ...grouped };
    return (id) => cache.getOrSet(keys[id] ?? "", () => load(id), options);
  },

  wrap(keys, load) {
    return open(keys).wrap(load, { name: "user" });
  },

  "wrap, shared"(keys, load) {
    return open(keys).wrap(load, { name: "user", shared: true });
  },

  "wrap, shared, namespace and 3 tags"(keys, load) {
    return open(keys).wrap(load, { name: "user", shared: true, ...grouped });
  },
};

function open(keys: readonly string[]): Cache {
  return createCache({ backend: memoryBackend({ maxEntries: 2 * keys.length }), prefix: "bench", ttl: "1h" });
}
