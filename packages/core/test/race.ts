import { manualClock } from "../../testing/src/index.ts";
import type { Backend, BackendOf, Cache, CacheOptions, CacheScope, Versions, Wrapped } from "../src/index.ts";
import { createCache, isCachetteError } from "../src/index.ts";

/** Random numbers that come again with the same seed: whole ones, below `bound`. */
function randomFrom(seed: number): (bound: number) => number {
  let state = seed;
  return (bound) => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return Math.floor((((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32) * bound);
  };
}

type Wait = () => Promise<void>;

/**
 * A backend whose calls take a while on their way there and back again, each for itself, so that they overtake each
 * other. Nothing is known without asking it.
 */
function wandering(backend: Backend, wait: Wait): Backend {
  const inner = backend as BackendOf<object>;
  async function call<T>(task: () => T | Promise<T>): Promise<T> {
    await wait();
    const answer = await task();
    await wait();
    return answer;
  }
  const outer: BackendOf<object> & { readonly holds: string } = {
    name: "wandering",
    holds: backend.holds,
    get: (key) => call(() => inner.get(key)),
    set: (key, value, options) => call(() => inner.set(key, value, options)),
    delete: (key) => call(() => inner.delete(key)),
    versions(scope) {
      const versions = inner.versions(scope);
      const far: Versions = {
        current: undefined,
        read: (labels) => call(() => versions.read(labels)),
        advance: (labels, kind) => call(() => versions.advance(labels, kind)),
      };
      return far;
    },
    close: () => {},
  };
  return outer as unknown as Backend;
}

export type Purge = "delete" | "invalidate" | "set" | "tag" | "fixed tag" | "namespace" | "all" | "soft";

export const allPurges: readonly Purge[] = [
  "delete",
  "invalidate",
  "set",
  "tag",
  "fixed tag",
  "namespace",
  "all",
  "soft",
];

export interface RacePlan {
  readonly seed: number;
  /** How many reads and purges there are, all in all. */
  readonly operations: number;
  readonly purges: readonly Purge[];
  /** How long a call to the backend is on its way, in milliseconds: told by random numbers. */
  readonly wait?: (random: (bound: number) => number) => number;
  /** Caches on the same backend, as if each were a process of its own. */
  readonly processes?: number;
  readonly options?: Partial<CacheOptions>;
  /** Given what measures time, makes the backend; it is put far away if there is a `wait`. */
  readonly backend: (clock: ReturnType<typeof manualClock>) => Backend;
}

export interface RaceResult {
  readonly reads: number;
  readonly purges: number;
  readonly pending: number;
  readonly loads: number;
  readonly hits: number;
  readonly shared: number;
  readonly stale: number;
  /** Who was given something older than what a purge had made void that returned before the read began. */
  readonly violations: readonly string[];
}

interface Item {
  readonly namespace: string;
  readonly tail: string;
  readonly tags: readonly [group: string, parity: string];
  /** The version in the source of truth. */
  version: number;
  /** For each process, what no read that begins now may fall below. */
  readonly floors: number[];
  /** How many are setting it, or purging it by a label, just now. */
  readonly busy: { set: number; label: number };
}

interface Value {
  readonly id: string;
  readonly version: number;
  readonly tags: readonly string[];
}

/** Readers and writers around a source of truth with versions, in random order but the same for the same seed. */
export async function race(plan: RacePlan): Promise<RaceResult> {
  const random = randomFrom(plan.seed);
  const clock = manualClock(1_000_000);
  const sleep = (milliseconds: number) => new Promise<void>((resolve) => clock.after(milliseconds, resolve));
  const { wait, processes = 1 } = plan;
  const made = plan.backend(clock);
  const backend = wait === undefined ? made : wandering(made, () => sleep(wait(random)));
  const chance = randomFrom(~plan.seed);
  const options = { backend, clock, random: () => chance(2 ** 30) / 2 ** 30, ttl: "10m", ...plan.options } as const;
  const caches = Array.from({ length: processes }, () => createCache(options));
  const items = itemsOf(processes);
  const functions = caches.map((cache) => new Map(namespaces.map((name) => [name, wrapped(cache, name)])));
  const violations: string[] = [];
  const sums = { reads: 0, purges: 0, pending: 0, loads: 0 };
  let left = plan.operations;

  function pick<T>(list: readonly T[]): T {
    return list[random(list.length)] as T;
  }

  async function load(item: Item): Promise<Value> {
    sums.loads++;
    await sleep(random(3) * random(10));
    const { version } = item;
    await sleep(random(3) * random(15));
    if (random(20) === 0) throw new Error("the load failed, as loads do");
    return { id: idOf(item), version, tags: item.tags };
  }

  function wrapped(cache: Cache, namespace: string): Wrapped<(tail: string) => Promise<Value>> {
    return cache.wrap(
      (tail: string) => load(items.find((item) => item.namespace === namespace && item.tail === tail) as Item),
      { name: "f", namespace, key: ({ arguments: [tail] }) => tail, tags: ({ tags }) => tags },
    );
  }

  function read(process: number, item: Item): Promise<Value | undefined> {
    const cache = caches[process] as Cache;
    const view = cache.namespace(item.namespace);
    const fn = functions[process]?.get(item.namespace) as ReturnType<typeof wrapped>;
    switch (random(8)) {
      case 0:
        return view.get<Value>(item.tail);
      case 1:
        return view.getOrSet(item.tail, () => load(item), { tags: item.tags });
      case 2:
        return cache.getOrSet(item.tail, () => load(item), {
          namespace: item.namespace,
          tags: ({ tags }) => tags,
          shared: true,
        });
      case 3:
        return random(4) === 0 ? fn.refresh(item.tail) : fn(item.tail);
      case 4:
        return readMany(view, item);
      case 5: {
        const caller = new AbortController();
        clock.after(random(30), () => caller.abort(new Error("the caller has gone")));
        return view.getOrSet(item.tail, () => load(item), { tags: item.tags, signal: caller.signal });
      }
      default:
        return fn(item.tail);
    }
  }

  /** The item among others of its namespace. */
  async function readMany(view: CacheScope, { namespace, tail }: Item): Promise<Value | undefined> {
    const others = items.filter((other) => other.namespace === namespace);
    const tails = others.map((other) => other.tail);
    const loadMany = async (keys: readonly string[]) => {
      const found = others.filter((other) => keys.includes(other.tail) && random(10) > 0);
      return Promise.all(found.map(async (other) => [other.tail, await load(other)] as const));
    };
    const values =
      random(4) === 0
        ? await view.getMany<Value>(tails)
        : await view.getOrSetMany(tails, loadMany, { tags: ({ tags }) => tags });
    return values[tails.indexOf(tail)];
  }

  async function reader(process: number): Promise<void> {
    while (left-- > 0) {
      const item = pick(items);
      const floor = item.floors[process] as number;
      sums.reads++;
      const value = await read(process, item).catch((error: unknown) => {
        if (isCachetteError(error) && error.code !== "LOAD_TIMEOUT") throw error;
        return undefined;
      });
      if (value !== undefined && (value.version < floor || value.id !== idOf(item))) {
        violations.push(`${idOf(item)}: got ${value.id} ${value.version}, floor ${floor}`);
      }
      if (random(3) > 0) await sleep(random(8));
    }
  }

  async function purger(process: number): Promise<void> {
    while (left-- > 0) {
      await sleep(random(60 * processes));
      const item = pick(items);
      const kind = pick(plan.purges);
      const touched = items.filter((other) => isTouched(other, item, kind));
      // Of a value that is set by hand nobody knows how old it is: a purge that overlaps may come before it or after.
      const [mine, theirs] = kind === "set" ? (["set", "label"] as const) : (["label", "set"] as const);
      const apart = kind === "delete" || kind === "invalidate";
      if (!apart && touched.some(({ busy }) => busy[theirs] > 0)) continue;
      if (!apart) for (const { busy } of touched) busy[mine]++;
      for (const other of touched) other.version++;
      const versions = touched.map(({ version }) => version);
      sums.purges++;
      const returned = await purge(process, kind, item).then(
        () => true,
        (error: unknown) => {
          if (!isCachetteError(error, "INVALIDATION_PENDING")) throw error;
          sums.pending++;
          return false;
        },
      );
      if (!apart) for (const { busy } of touched) busy[mine]--;
      for (const [index, other] of touched.entries()) {
        // One that could not be carried out yet binds the process that knows of it.
        for (let each = 0; each < processes; each++) {
          if (returned || each === process) {
            other.floors[each] = Math.max(other.floors[each] as number, versions[index] as number);
          }
        }
      }
    }
  }

  async function purge(process: number, kind: Purge, item: Item): Promise<unknown> {
    const cache = caches[process] as Cache;
    const { namespace, tail, tags } = item;
    switch (kind) {
      case "delete":
        return cache.delete(tail, { namespace });
      case "invalidate":
        return functions[process]?.get(namespace)?.invalidate(tail);
      case "set":
        return cache.set(tail, { id: idOf(item), version: item.version, tags }, { namespace, tags });
      case "tag":
        return cache.invalidateTags([tags[0]]);
      case "fixed tag":
        return cache.invalidateTags([tags[1], "unknown"]);
      case "namespace":
        return random(2) === 0 ? cache.clear({ namespace }) : cache.namespace(namespace).clear();
      case "all":
        return cache.clear();
      case "soft":
        return cache.invalidateTags([tags[0]], { soft: true });
    }
  }

  const actors = caches.flatMap((_cache, process) => [
    ...Array.from({ length: 12 }, () => reader(process)),
    ...Array.from({ length: 2 }, () => purger(process)),
  ]);
  let running = true;
  const all = Promise.all(actors).finally(() => {
    running = false;
  });
  while (running) await clock.advance(5);
  await all;
  const counters = caches.map((cache) => cache.counters());
  const total = (name: "hits" | "shared" | "stale") => counters.reduce((sum, each) => sum + each[name], 0);
  return { ...sums, hits: total("hits"), shared: total("shared"), stale: total("stale"), violations };
}

const namespaces = ["n", "m", "m:n"];

function itemsOf(processes: number): Item[] {
  return namespaces.flatMap((namespace) =>
    Array.from({ length: 3 }, (_, index) => ({
      namespace,
      tail: `k${index}`,
      tags: [`group ${index}`, `parity ${index % 2}`] as const,
      version: 1,
      floors: Array.from({ length: processes }, () => 0),
      busy: { set: 0, label: 0 },
    })),
  );
}

function idOf(item: Item): string {
  return `${item.namespace} ${item.tail}`;
}

function isTouched(other: Item, item: Item, kind: Purge): boolean {
  switch (kind) {
    case "delete":
    case "invalidate":
    case "set":
      return other === item;
    case "tag":
    case "soft":
      return other.tags[0] === item.tags[0];
    case "fixed tag":
      return other.tags[1] === item.tags[1];
    case "namespace":
      return other.namespace === item.namespace;
    case "all":
      return true;
  }
}
