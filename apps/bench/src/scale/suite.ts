import type { Findings, Table } from "../report.ts";
import type { Settings } from "../settings.ts";
import { clearByEntries } from "./clear.ts";
import { allOf, hitsByEntries, someOf } from "./hits.ts";
import { purgesUnderLoad } from "./purges.ts";
import { stampede } from "./stampede.ts";

/** Whether a cache stays quick when it is large, cleared, or cold. */
export async function scaleSuite(settings: Settings): Promise<Findings> {
  const { short } = settings;
  const sizes = short ? [100, 200] : [1_000, 100_000, 1_000_000];
  const some = short ? 50 : 1_000;
  const callers = short ? 50 : 1_000;
  const parts: Record<string, (title: string) => Promise<Table>> = {
    [`Hits on ${some.toLocaleString("en")} entries of many`]: (title) =>
      hitsByEntries(title, sizes, someOf(some), settings),
    "Hits on all of many entries, Zipf-distributed": (title) =>
      hitsByEntries(title, sizes, allOf(short ? 1_000 : 1 << 18), settings),
    "A namespace is cleared": (title) => clearByEntries(title, sizes, settings),
    [`${callers.toLocaleString("en")} callers for a cold key`]: (title) => stampede(title, callers, settings),
    "Calls while entries are purged": (title) => purgesUnderLoad(title, short ? 100 : 10_000, settings),
  };
  const tables: Table[] = [];
  for (const [title, part] of Object.entries(parts)) if (settings.wanted(title)) tables.push(await part(title));
  return { tables, notes: ["Hits: ratio is to the same cache with the fewest entries."] };
}
