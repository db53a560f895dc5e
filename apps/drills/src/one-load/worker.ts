import { setTimeout as sleep } from "node:timers/promises";
import { createCache } from "@cachette/core";
import { Redis } from "ioredis";
import { now } from "../kit/now.ts";
import { openBackend, type Place } from "../kit/place.ts";
import { work } from "../kit/worker.ts";

export interface CallersConfig {
  readonly place: Place;
  /** Where loads are counted: in lists under the key that is loaded. */
  readonly countUrl: string;
  readonly key: string;
  readonly callers: number;
  /** How long the load takes, in milliseconds. */
  readonly loadTime: number;
}

export interface Calls {
  /** How many callers got the value. */
  readonly answered: number;
  /** Loads that gave the values, by the process that ran them. */
  readonly from: readonly number[];
  /** Milliseconds that the last of them waited. */
  readonly longest: number;
  readonly errors: readonly string[];
}

await work(async ({ callers, countUrl, key, loadTime, place }: CallersConfig) => {
  const { backend } = await openBackend(place);
  const cache = createCache({ backend, prefix: "one-load" });
  const count = new Redis(countUrl);
  await count.ping();
  const load = async () => {
    await count.rpush(key, process.pid);
    await sleep(loadTime);
    return { from: process.pid };
  };
  return async (): Promise<Calls> => {
    const began = now();
    let longest = 0;
    const from = new Set<number>();
    const errors: string[] = [];
    const call = async () => {
      try {
        from.add((await cache.getOrSet(key, load)).from);
      } catch (error) {
        errors.push(String(error));
      }
      longest = Math.max(longest, now() - began);
    };
    await Promise.all(Array.from({ length: callers }, call));
    // What was loaded is still being stored when the callers have it.
    await cache.close();
    return { answered: callers - errors.length, from: [...from], longest, errors };
  };
});
