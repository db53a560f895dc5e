import { parseArgs } from "node:util";
import type { Circumstances, Drill } from "./drill.ts";
import { drills } from "./registry.ts";

export interface Arguments extends Circumstances {
  readonly drills: readonly Drill[];
  /** A file for all that was found. */
  readonly json: string | undefined;
}

export const usage = `drills [name ...] [options]

Starts real servers and processes, injects a fault, and looks at whether what was promised holds. By default all:

${drills.map(({ name, about }) => `  ${name.padEnd(10)} ${about}`).join("\n")}

  --long         at full size: minutes instead of seconds
  --seed <n>     what all randomness grows from; 1 by default
  --plant        build a fault into the cache, where a drill knows one: then it has to fail
  --json <file>  write what was found to a file`;

/** @throws Error that says what is wrong with the arguments */
export function readArguments(args: readonly string[]): Arguments {
  const { positionals, values } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      long: { type: "boolean", default: false },
      seed: { type: "string", default: "1" },
      plant: { type: "boolean", default: false },
      json: { type: "string" },
    },
  });
  const seed = Number(values.seed);
  if (!Number.isInteger(seed)) throw new Error(`--seed must be a whole number, not "${values.seed}".`);
  return {
    drills: positionals.length > 0 ? positionals.map(drillOf) : drills,
    long: values.long,
    seed,
    plant: values.plant,
    json: values.json,
  };
}

function drillOf(name: string): Drill {
  const drill = drills.find((candidate) => candidate.name === name);
  if (drill === undefined) throw new Error(`"${name}" is none of ${drills.map((each) => each.name).join(", ")}.`);
  return drill;
}
