import { spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import type { Day, DayConfig } from "../day/worker.ts";
import type { Drill, Finding } from "../drill.ts";

/** Milliseconds in which a process has to end that has nothing more to do. */
const patience = 2_000;

/** Timers of the cache that may wait at once. */
const mostPending = 10;

/** Things that may keep a process busy: its own output, a turn of the event loop. */
const mostResources = 5;

/** Megabytes by which a heap may be larger at the end than after an hour. */
const growth = 16;

/** A day of traffic in simulated time, on a bounded memory. */
export const day: Drill = {
  name: "day",
  about: "24 hours in simulated time on a bounded memory: it stays bounded, nothing piles up, the process ends",

  async run({ long, seed }) {
    const config: DayConfig = {
      operations: long ? 10_000_000 : 100_000,
      seed,
      maxEntries: long ? 10_000 : 1_000,
      maxBytes: long ? 2_000_000 : 200_000,
    };
    const { result, lingering } = await live(config);
    return report(config, result, lingering);
  },
};

async function live(config: DayConfig): Promise<{ result: Day; lingering: number }> {
  const program = fileURLToPath(new URL("../day/worker.ts", import.meta.url));
  const args = ["--conditions=@cachette/source", "--expose-gc", program, JSON.stringify(config)];
  const child = spawn(process.execPath, args, { stdio: ["ignore", "pipe", "inherit"] });
  let output = "";
  let told = 0;
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    output += text;
    told = performance.now();
    // One that does not end is ended, later than it may be.
    setTimeout(() => child.kill("SIGKILL"), 2 * patience).unref();
  });
  await once(child, "close");
  if (told === 0) throw new Error("the process ended without a result");
  return { result: JSON.parse(output), lingering: performance.now() - told };
}

function report({ maxBytes, maxEntries, operations }: DayConfig, result: Day, lingering: number): readonly Finding[] {
  const where = `${operations} operations`;
  const { bytes, entries, heap, hits, loads, pending, resources, wrong } = result;
  const [early, late] = heap;
  return [
    {
      where,
      invariant: `at most ${maxEntries} entries and ${maxBytes} bytes, and the right values`,
      seen: `at most ${entries} entries, ${bytes} bytes; ${hits} hits, ${loads} loads, ${wrong} wrong`,
      holds: entries <= maxEntries && bytes <= maxBytes && entries > maxEntries / 2 && hits > loads / 10 && wrong === 0,
    },
    {
      where,
      invariant: `no timers pile up (${mostPending}), nor other resources (${mostResources}), nor memory (${growth} MB)`,
      seen: `at most ${pending} timers, ${resources} resources; ${early.toFixed(1)} MB after an hour, ${late.toFixed(1)} MB at the end`,
      holds: pending <= mostPending && resources <= mostResources && late - early <= growth,
    },
    {
      where,
      invariant: "the process ends by itself",
      seen: `${Math.round(lingering)} ms after it was done`,
      holds: lingering <= patience,
    },
  ];
}
