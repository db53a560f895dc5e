import { setTimeout as sleep } from "node:timers/promises";
import { type Framework, startDemo } from "server-kit";
import type { Finding } from "../drill.ts";
import { type AnyArena, startArena } from "./arena.ts";
import type { Fault } from "./fault.ts";
import { slow, Traffic, token } from "./traffic.ts";
import { recovery, verdict } from "./verdict.ts";

export interface TrialOptions {
  /** Requests per second. */
  readonly rate: number;
  /** How long a fault lasts, in milliseconds. */
  readonly duration: number;
  /** Milliseconds of undisturbed traffic before. */
  readonly before: number;
}

/** How many processes of a demo share a Redis: purges are made at the first. */
const processes = 2;

/** Puts a demo under load, lets a fault happen to its Redis, and waits for things to be as before. */
export async function trial(framework: Framework, fault: Fault, options: TrialOptions): Promise<Finding> {
  const arena = await startArena(fault.on);
  const settings = { REDIS_URL: arena.url, PURGE_TOKEN: token, SLOW_MS: String(slow) };
  const starting = Array.from({ length: processes }, () => startDemo(framework, settings));
  try {
    const traffic = new Traffic(await Promise.all(starting), options.rate);
    traffic.start();
    try {
      await sleep(options.before);
      await strike(fault, arena, options.duration);
      const recoveredAt = Date.now();
      for (const end = recoveredAt + recovery + 500; Date.now() < end; await sleep(50)) {
        const back = traffic.storedSince(recoveredAt);
        // By then it is known of all requests at that time how they ended.
        if (back !== undefined && back < Date.now() - 500) break;
      }
      // Long enough for a purge.
      await sleep(1_500);
      return await stopped(`${framework}, ${fault.name}`, traffic, recoveredAt);
    } finally {
      await traffic.stop();
    }
  } finally {
    const demos = await Promise.allSettled(starting);
    await Promise.all(demos.map((demo) => demo.status === "fulfilled" && demo.value.end()));
    await arena.stop();
  }
}

async function stopped(where: string, traffic: Traffic, recoveredAt: number): Promise<Finding> {
  await traffic.stop();
  return verdict(where, traffic, recoveredAt);
}

/** Faults are for one kind of arena; that is the kind which was started. */
async function strike(fault: Fault, arena: AnyArena, duration: number): Promise<void> {
  if (fault.on === "server" && arena.kind === "server") return fault.strike(arena, duration);
  if (fault.on === "sentinel" && arena.kind === "sentinel") return fault.strike(arena, duration);
  if (fault.on === "cluster" && arena.kind === "cluster") return fault.strike(arena, duration);
  throw new Error(`"${fault.name}" does not happen to ${arena.kind}`);
}
