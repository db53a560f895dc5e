import { fileURLToPath } from "node:url";
import { type Arguments, readArguments, usage } from "./arguments.ts";
import { describeMachine, findCores } from "./machine.ts";
import { writeReport } from "./report.ts";
import { suites } from "./suites.ts";
import { textOf } from "./text.ts";

/** Seconds. */
const warmUp = 4;

const options = read();
if (options !== undefined) await run(options);

function read(): Arguments | undefined {
  try {
    return readArguments(process.argv.slice(2));
  } catch (error) {
    console.error(`${error instanceof Error ? error.message : error}\n\n${usage}`);
    process.exitCode = 2;
    return undefined;
  }
}

async function run({ suites: names, rounds, seconds, short, only, json }: Arguments): Promise<void> {
  // The short form measures nothing, and has to be quick.
  const cores = short ? undefined : findCores();
  const machine = describeMachine(cores);
  const texts = only.map((text) => text.toLowerCase());
  const wanted = (title: string) => texts.length === 0 || texts.some((text) => title.toLowerCase().includes(text));
  for (const suite of names) {
    const at = new Date().toISOString();
    const measureSuite = await suites[suite]();
    const findings = await measureSuite({ rounds, seconds, warmUp: short ? seconds : warmUp, short, cores, wanted });
    const report = { suite, at, machine, settings: { rounds, seconds, short }, ...findings };
    const file = json ?? fileURLToPath(new URL(`../results/${suite}.json`, import.meta.url));
    await writeReport(file, report);
    console.log(textOf(report));
  }
}
