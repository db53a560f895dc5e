import { memoryBackend } from "@cachette/backend-memory";
import { createCache } from "@cachette/core";
import { LRUCache } from "lru-cache";
import type { Subject } from "./rounds.ts";

const keys = 10_000;

interface User {
  readonly id: number;
  readonly name: string;
  readonly roles: readonly string[];
}

function load(id: number): User {
  return { id, name: `user ${id}`, roles: ["reader", "writer"] };
}

/** Hits of cached functions in memory, 10,000 warm keys one after another, beside an awaited `lru-cache` get. */
export async function functionSubjects(): Promise<Subject[]> {
  const lru = new LRUCache<number, User>({ max: 2 * keys });
  for (let id = 0; id < keys; id++) lru.set(id, load(id));
  const cache = createCache({ backend: memoryBackend({ maxEntries: 10 * keys }), prefix: "bench", ttl: "1h" });
  const grouped = { namespace: "v1", tags: ["a", "b", "c"] };
  const functions = {
    "wrap, a copy for each": cache.wrap(load, { name: "copied" }),
    "wrap, shared": cache.wrap(load, { name: "shared", shared: true }),
    "wrap, shared, namespace and 3 tags": cache.wrap(load, { name: "grouped", shared: true, ...grouped }),
  };
  const subjects: Subject[] = [{ name: "lru-cache, awaited", run: each(async (id) => lru.get(id)) }];
  for (const [name, get] of Object.entries(functions)) {
    for (let id = 0; id < keys; id++) await get(id);
    subjects.push({ name, run: each(get) });
  }
  subjects.push({
    name: "getOrSet, shared",
    run: each((id) => cache.getOrSet(`${id}`, () => load(id), { shared: true })),
  });
  return subjects;
}

function each(get: (id: number) => Promise<unknown>): Subject["run"] {
  return async (times) => {
    for (let index = 0; index < times; index++) await get(index % keys);
  };
}
