import { writeFile } from "node:fs/promises";
import { type Arguments, readArguments, usage } from "./arguments.ts";
import { markdownReport } from "./markdown-report.ts";
import { type Measurement, measure, nameOf } from "./measurement.ts";
import { gainedIds, passedOf, readKept, writeKept } from "./record.ts";
import { runSubject, type SubjectRun } from "./subject-run.ts";
import { textReport } from "./text-report.ts";

const options = read();
if (options !== undefined) {
  if (options.tests.length > 0) await show(runsOf(options), options.tests);
  else await compare(runsOf(options), options);
}

function read(): Arguments | undefined {
  try {
    return readArguments(process.argv.slice(2), process.env.REDIS_URL);
  } catch (error) {
    console.error(`${error instanceof Error ? error.message : error}\n\n${usage}`);
    process.exitCode = 2;
    return undefined;
  }
}

/** Each subject on each backend; where there is no cache there is no backend either. */
function runsOf({ subjects, backends, plain, redisUrl }: Arguments): SubjectRun[] {
  return subjects.flatMap((subject): SubjectRun[] => {
    if (subject === "none") return [{ subject }];
    return backends.map((backend) => (backend === "redis" ? { subject, plain, redisUrl } : { subject, plain }));
  });
}

/** Prints what is said in some tests, and what came of it. */
async function show(runs: readonly SubjectRun[], ids: readonly string[]): Promise<void> {
  for (const run of runs) {
    const results = await runSubject({ ...run, ids, atOnce: 1, dump: true });
    for (const id of ids) console.log(`${nameOf(run)}, ${id}: ${[results[id]].flat().join(", ")}`);
  }
}

/** Runs one after another: most of the time goes into waiting, but the tests measure it. */
async function compare(runs: readonly SubjectRun[], { plain, update, markdown, json }: Arguments): Promise<void> {
  const kept = await readKept();
  const measurements: Measurement[] = [];
  for (const run of runs) {
    const measurement = await measure(run, kept[nameOf(run)] ?? {});
    measurements.push(measurement);
    if (!markdown) console.log(`${textReport(measurement)}\n`);
  }
  if (markdown) console.log(markdownReport(measurements));
  if (json !== undefined) await writeFile(json, `${JSON.stringify(measurements, null, 2)}\n`);
  // Only what is measured with the options of route-options.ts is kept.
  if (plain) return;
  if (update) {
    const passed = measurements.map(({ name, outcomes }) => [name, passedOf(outcomes)] as const);
    await writeKept({ ...kept, ...Object.fromEntries(passed) });
    return;
  }
  for (const { name, outcomes, lost } of measurements) {
    const gained = gainedIds(kept[name] ?? {}, outcomes);
    if (gained.length > 0) console.error(`${name}: ${gained.length} pass that are not kept as passed (--update).`);
    if (lost.length === 0) continue;
    console.error(`${name}: ${lost.length} passed before and do not pass any more: ${lost.join(", ")}`);
    process.exitCode = 1;
  }
}
