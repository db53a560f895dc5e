import { setTimeout as sleep } from "node:timers/promises";
import { type Cache, createCache } from "@cachette/core";
import { Redis } from "ioredis";
import type { RedisCluster } from "server-kit";
import type { Finding } from "../drill.ts";
import { openBackend } from "../kit/place.ts";
import { randomFrom } from "../kit/random.ts";
import { moveAway } from "./reshard.ts";

/** Keys that one lane uses and nobody else, so that it knows what is in them. */
const keysOfLane = 5;

const lanes = 32;

/** What has come of the operations so far. */
class Score {
  operations = 0;
  hits = 0;
  readonly failed: string[] = [];
  readonly wrong: string[] = [];
}

/** Moves slots from master to master under load: first those of entries, then the one with the clock and all labels. */
export async function resharding(cluster: RedisCluster, moves: number, seed: number): Promise<readonly Finding[]> {
  const entries = ["entries::{hot}-0-0", "entries::item-0-0"];
  return [
    await moveUnderLoad("slots of entries move", "entries", entries, cluster, moves, seed),
    await moveUnderLoad("the slot of the clock moves", "clock", ["{clock}:clock"], cluster, moves, seed),
  ];
}

async function moveUnderLoad(
  where: string,
  prefix: string,
  keys: readonly string[],
  cluster: RedisCluster,
  moves: number,
  seed: number,
): Promise<Finding> {
  const masters = cluster.servers.map(({ url }) => new Redis(url));
  const [one, two] = await Promise.all([openBackend(cluster), openBackend(cluster)]);
  const events: string[] = [];
  const caches = [one, two].map(({ backend }) =>
    createCache({
      backend,
      prefix,
      ttl: "10m",
      // Whether calls come through is the question, not how fast they are on a busy machine.
      deadline: "2s",
      onEvent: (event) => {
        if (event.type === "backend-error") {
          const cause = event.error.cause instanceof Error ? event.error.cause.message : "";
          events.push(`${event.operation}: ${event.error.message} ${cause}`);
        }
      },
    }),
  );
  const score = new Score();
  const stop = new AbortController();
  const load = Promise.all(Array.from({ length: lanes }, (_, lane) => runLane(lane, caches, score, seed, stop.signal)));
  try {
    await sleep(500);
    for (let move = 0; move < moves; move++) {
      for (const key of keys) await moveAway(key, masters);
    }
    await sleep(500);
  } finally {
    stop.abort();
    await load;
    await Promise.all(caches.map((cache) => cache.close()));
    for (const client of [one.client, two.client, ...masters]) client.disconnect();
  }
  const { failed, hits, operations, wrong } = score;
  return {
    where,
    invariant: "no call fails, no value is wrong",
    seen: `${keys.length * moves} moves, ${operations} operations (${hits} hits), ${failed.length} failed, ${wrong.length} wrong, ${events.length} calls to Redis without an answer${firstOf([...failed, ...events, ...wrong])}`,
    holds: failed.length === 0 && wrong.length === 0 && hits > operations / 10,
  };
}

function firstOf([first]: readonly string[]): string {
  return first === undefined ? "" : `: ${first}`;
}

/** One operation after the other on the keys of the lane: it knows what has to be found, in either cache. */
async function runLane(
  lane: number,
  caches: readonly Cache[],
  score: Score,
  seed: number,
  stopped: AbortSignal,
): Promise<void> {
  const random = randomFrom(seed * 1000 + lane);
  const below = (limit: number) => Math.floor(random() * limit);
  const versions = Array.from({ length: keysOfLane }, () => 0);
  while (!stopped.aborted) {
    const index = below(keysOfLane);
    const key = lane % 2 === 0 ? `{hot}-${lane}-${index}` : `item-${lane}-${index}`;
    const tag = `tag-${lane}-${index}`;
    const cache = caches[lane % 4 < 2 ? 0 : 1] as Cache;
    // Either all that can be done, at one of the caches, or loads at both and tags that are invalidated.
    const alone = lane % 8 < 4;
    const other = alone ? cache : (caches[below(2)] as Cache);
    let loaded = false;
    const load = async () => {
      loaded = true;
      return { key, version: versions[index] ?? 0 };
    };
    const dice = below(10);
    score.operations++;
    try {
      if (dice < 7) {
        const value = await other.getOrSet(key, load, { tags: [tag] });
        if (!loaded) score.hits++;
        if (value.key !== key || value.version !== versions[index]) {
          score.wrong.push(`${key} has version ${value.version}, not ${versions[index]}`);
        }
      } else {
        const version = (versions[index] ?? 0) + 1;
        versions[index] = version;
        if (dice === 7 || !alone) await cache.invalidateTags([tag]);
        else if (dice === 8) await cache.delete(key);
        else await cache.set(key, { key, version }, { tags: [tag] });
      }
    } catch (error) {
      score.failed.push(String(error));
    }
    // A call that fails does so at once: nobody would go on like that without a pause.
    await sleep(1);
  }
}
