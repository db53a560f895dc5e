// `pnpm drills [name ...] [--long]`: faults that are injected, promises that must hold all the same.
import { writeFile } from "node:fs/promises";
import { type Arguments, readArguments, usage } from "./arguments.ts";
import { attempt, type Finding } from "./drill.ts";
import { table } from "./table.ts";

const options = read();
if (options !== undefined) await runAll(options);

function read(): Arguments | undefined {
  try {
    return readArguments(process.argv.slice(2));
  } catch (error) {
    console.error(`${error instanceof Error ? error.message : error}\n\n${usage}`);
    process.exitCode = 2;
    return undefined;
  }
}

/** One after the other: they measure time, and each wants the machine for itself. */
async function runAll({ drills, json, ...circumstances }: Arguments): Promise<void> {
  const results: { name: string; seconds: number; findings: readonly Finding[] }[] = [];
  for (const drill of drills) {
    const start = performance.now();
    const findings = await attempt(drill.name, () => drill.run(circumstances));
    const seconds = (performance.now() - start) / 1000;
    results.push({ name: drill.name, seconds, findings });
    console.log(`${drill.name}: ${drill.about} (${seconds.toFixed(1)} s)\n${table(findings)}\n`);
  }
  if (json !== undefined) await writeFile(json, `${JSON.stringify({ ...circumstances, results }, null, 2)}\n`);
  const all = results.flatMap(({ findings }) => findings);
  const broken = all.filter(({ holds }) => !holds).length;
  console.log(broken === 0 ? `All ${all.length} hold.` : `${broken} of ${all.length} do not hold.`);
  process.exitCode = broken === 0 ? 0 : 1;
}
