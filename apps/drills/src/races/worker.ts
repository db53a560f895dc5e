import { setTimeout as sleep } from "node:timers/promises";
import { memoryBackend } from "@cachette/backend-memory";
import { type Cache, createCache, isCachetteError } from "@cachette/core";
import { Redis } from "ioredis";
import { now } from "../kit/now.ts";
import { openBackend, type Place } from "../kit/place.ts";
import { randomFrom } from "../kit/random.ts";
import { work } from "../kit/worker.ts";
import {
  fixedTag,
  fixedTagCount,
  type Journal,
  keyCount,
  namespaceCount,
  namespaceOf,
  type Purge,
  type PurgeKind,
  purgeKinds,
  type Read,
  resultTag,
  resultTagCount,
  tagsOf,
  truthKey,
  type Value,
} from "./model.ts";
import { plantedBackend } from "./planted-backend.ts";
import { watchStalls } from "./stalls.ts";

export interface RacesConfig {
  /** Which of the processes this is, and how many there are. */
  readonly index: number;
  readonly processes: number;
  readonly place: Place;
  readonly truthUrl: string;
  readonly prefix: string;
  readonly seed: number;
  readonly operations: number;
  readonly inFlight: number;
  /** Loses every so many purges; 0 for none. */
  readonly plant: number;
  /** Keeps copies in memory in front of Redis. */
  readonly near: boolean;
}

/** How often each kind of purge is made, of 1000 operations; the others are reads. */
const shares: Readonly<Record<PurgeKind, number>> = {
  delete: 50,
  set: 30,
  "fixed tag": 20,
  "result tag": 30,
  namespace: 8,
  everything: 2,
};

/** The longest load, in milliseconds. */
const longestLoad = 20;

await work(async (config: RacesConfig) => {
  const { backend } = await openBackend(config.place);
  const cache = createCache({
    backend: config.plant > 0 ? plantedBackend(backend, config.plant) : backend,
    prefix: config.prefix,
    ttl: "10m",
    ...(config.near && { near: memoryBackend({ maxEntries: 10_000 }) }),
  });
  const truth = new Redis(config.truthUrl, { enableAutoPipelining: true });
  await truth.ping();
  return () => new Racer(config, cache, truth).run();
});

class Racer {
  readonly #config: RacesConfig;
  readonly #cache: Cache;
  readonly #truth: Redis;
  readonly #random: () => number;
  readonly #reads: Read[] = [];
  readonly #purges: Purge[] = [];
  readonly #setting = new Map<number, Promise<void>>();
  #left: number;
  #sets = 0;
  #wrong = 0;

  constructor(config: RacesConfig, cache: Cache, truth: Redis) {
    this.#config = config;
    this.#cache = cache;
    this.#truth = truth;
    this.#left = config.operations;
    this.#random = randomFrom(config.seed * 1000 + config.index);
  }

  async run(): Promise<Journal> {
    const watch = watchStalls();
    await Promise.all(Array.from({ length: this.#config.inFlight }, () => this.#lane()));
    const stalls = watch.stop();
    const { hits } = this.#cache.counters();
    return { reads: this.#reads, purges: this.#purges, hits, wrong: this.#wrong, stalls };
  }

  async #lane(): Promise<void> {
    while (this.#left-- > 0) {
      const kind = this.#draw();
      await (kind === undefined ? this.#read(this.#below(keyCount)) : this.#mutate(kind));
    }
  }

  /** The kind of the next purge, or `undefined` for a read. */
  #draw(): PurgeKind | undefined {
    let rest = this.#below(1000);
    for (const kind of purgeKinds) {
      if (rest < shares[kind]) return kind;
      rest -= shares[kind];
    }
    return undefined;
  }

  async #read(key: number): Promise<void> {
    const before = this.#random() * longestLoad * (this.#random() < 0.5 ? 0 : 0.5);
    const after = this.#random() * (longestLoad - before);
    const load = async (): Promise<Value> => {
      if (before > 0) await sleep(before);
      const version = Number(await this.#truth.hget(truthKey, String(key)));
      await sleep(after);
      return { key, version };
    };
    const tags = key % 2 === 1 ? tagsOf : tagsOf({ key, version: 0 });
    const began = now();
    const value = await this.#cache.getOrSet<Value>(`key-${key}`, load, { namespace: namespaceOf(key), tags });
    if (value.key !== key) this.#wrong++;
    this.#reads.push({ began, key, version: value.version, set: value.set });
  }

  async #mutate(kind: PurgeKind): Promise<void> {
    if (kind === "delete") {
      const key = this.#below(keyCount);
      const remove = () => this.#cache.delete(`key-${key}`, { namespace: namespaceOf(key) });
      await this.#purge(kind, key, [key], remove);
    } else if (kind === "set") {
      await this.#set();
    } else if (kind === "fixed tag") {
      const group = this.#below(fixedTagCount);
      const keys = all.filter((key) => key % fixedTagCount === group);
      await this.#purge(kind, group, keys, () => this.#cache.invalidateTags([fixedTag(group)]));
    } else if (kind === "result tag") {
      const group = this.#below(resultTagCount);
      await this.#purge(kind, group, [this.#below(keyCount)], () => this.#cache.invalidateTags([resultTag(group)]));
    } else if (kind === "namespace") {
      const group = this.#below(namespaceCount);
      const keys = all.filter((key) => key % namespaceCount === group);
      await this.#purge(kind, group, keys, () => this.#cache.clear({ namespace: namespaceOf(group) }));
    } else {
      await this.#purge(kind, 0, all, () => this.#cache.clear());
    }
  }

  /** Makes the truth move on for some keys, then purges. */
  async #purge(kind: PurgeKind, target: number, keys: readonly number[], purge: () => Promise<unknown>): Promise<void> {
    const floors = await this.#bump(keys);
    const began = now();
    const reached = await succeeds(purge());
    this.#purges.push({ kind, target, began, returned: now(), reached, floors });
  }

  /**
   * Puts the next version in by hand. Which of two overlapping sets of a key comes last is nobody's promise: a key is
   * set by one process alone, and by one call after the other.
   */
  async #set(): Promise<void> {
    const { index, processes } = this.#config;
    const key = index + processes * this.#below(Math.floor(keyCount / processes));
    const before = this.#setting.get(key);
    const done = (async () => {
      await before;
      const floors = await this.#bump([key]);
      const set = index * 1e6 + this.#sets++;
      const value: Value = { key, version: floors[key] ?? 0, set };
      const began = now();
      const options = { namespace: namespaceOf(key), tags: tagsOf(value) };
      const reached = await this.#cache.set(`key-${key}`, value, options);
      this.#purges.push({ kind: "set", target: key, began, returned: now(), reached, floors, set });
    })();
    this.#setting.set(key, done);
    await done;
  }

  /** Counts the versions of keys up, and gives those of all keys as they are then. */
  async #bump(keys: readonly number[]): Promise<number[]> {
    const batch = this.#truth.multi();
    for (const key of keys) batch.hincrby(truthKey, String(key), 1);
    batch.hmget(truthKey, ...all.map(String));
    const answers = await batch.exec();
    const versions = answers?.at(-1)?.[1] as (string | null)[];
    return versions.map(Number);
  }

  #below(limit: number): number {
    return Math.floor(this.#random() * limit);
  }
}

const all = Array.from({ length: keyCount }, (_, key) => key);

/** Whether a purge reached the backend. */
async function succeeds(purge: Promise<unknown>): Promise<boolean> {
  try {
    await purge;
    return true;
  } catch (error) {
    if (isCachetteError(error, "INVALIDATION_PENDING")) return false;
    throw error;
  }
}
