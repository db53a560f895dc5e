import type { Finding } from "../drill.ts";
import { type Asked, isStored, type Purged, type Traffic } from "./traffic.ts";

/** Milliseconds that a call to the backend may take: the cache's default. */
const deadline = 200;

/** Milliseconds that an answer may take beyond what the machine adds to every one. */
const margin = 100;

/** Milliseconds in which hits have to be back. */
export const recovery = 5_000;

/** Milliseconds after which a purge of another process must have been seen. */
const bound = 50;

/** What has to be known of the traffic. */
type Observed = Pick<Traffic, "asked" | "storedSince" | "lag" | "purged">;

/** What came of the requests that were made while a fault came and went; `recoveredAt` is when it was gone. */
export function verdict(where: string, traffic: Observed, recoveredAt: number): Finding {
  const { asked, purged } = traffic;
  const failed = asked.filter(({ failure }) => failure !== undefined);
  const over = asked.map((each) => beyondHandler(each, purged));
  const slowest = Math.max(...over);
  const limit = deadline + margin + traffic.lag;
  const late = over.filter((each) => each > limit).length;
  const old = asked.filter((each) => purged.some((purge) => isOld(each, purge)));
  const hits = asked.filter((each) => isStored(each, asked)).length;
  const back = traffic.storedSince(recoveredAt);
  const backAfter = back === undefined ? undefined : back - recoveredAt;
  const owed = purged.filter(({ done }) => !done).length;
  const parts = [
    `${asked.length} requests (${hits} from Redis), ${failed.length} failed`,
    `the slowest ${Math.round(slowest)} ms beyond its handler (${late} beyond ${Math.round(limit)} ms)`,
    `${old.length} old after ${purged.length} purges (${owed} owed)`,
    backAfter === undefined ? "no hits again" : `hits again after ${(backAfter / 1000).toFixed(1)} s`,
  ];
  const reason = failed[0]?.failure;
  if (reason !== undefined) parts.push(`first failure: ${reason}`);
  return {
    where,
    invariant: `all answered within handler + ${deadline} ms, nothing purged, hits back in ${recovery / 1000} s`,
    seen: parts.join(", "),
    holds:
      failed.length === 0 &&
      late === 0 &&
      old.length === 0 &&
      hits > 0 &&
      backAfter !== undefined &&
      backAfter <= recovery,
  };
}

/**
 * Milliseconds that an answer took beyond its handler. Who waits for the handler of somebody else's request has it run
 * again if a purge came meanwhile.
 */
function beyondHandler({ began, duration, route }: Asked, purged: readonly Purged[]): number {
  const ended = began + duration;
  const times = 1 + purged.filter((purge) => purge.began < ended && purge.returned > began).length;
  return duration - times * route.handler;
}

/** Whether an answer was made before a purge that its process had to know of when it was asked. */
function isOld({ began, madeAt, process, route }: Asked, purge: Purged): boolean {
  if (!purge.everything && route.name !== "slow") return false;
  const own = purge.process === process;
  // What could not be done is owed, and nobody else knows of it.
  if (!own && !purge.done) return false;
  if (began <= purge.returned + (own ? 0 : bound)) return false;
  return madeAt < Math.floor(purge.began / 1000) * 1000;
}
