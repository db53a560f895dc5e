// Run with --expose-gc in a process of its own, of which nothing else grows: fills a keeper and says what that took.
import { collectGarbage } from "../garbage.ts";
import { type Keeper, keepers } from "./keeper.ts";

export interface GrowthOrder {
  readonly keeper: string;
  readonly kind: "text" | "bytes";
  /** Of each value. */
  readonly valueBytes: number;
  /** How many values are put into it. */
  readonly values: number;
  readonly bound: { readonly maxBytes: number } | { readonly maxEntries: number };
}

export interface Growth {
  readonly entries: number;
  readonly counted: number | undefined;
  /** Of the heap and of what lies outside of it, with the garbage collected. */
  readonly grown: number;
  /** Of the process, as the system sees it. */
  readonly rss: number;
  /** Of all keys of the entries, a byte for each character, and of what belongs to their values beyond what was put. */
  readonly keyBytes: number;
}

if (process.argv[2] !== undefined) console.log(JSON.stringify(await measureGrowth(JSON.parse(process.argv[2]))));

async function measureGrowth({ keeper: name, kind, valueBytes, values, bound }: GrowthOrder): Promise<Growth> {
  const open = keepers[name];
  if (open === undefined) throw new Error(`"${name}" is none of ${Object.keys(keepers).join(", ")}.`);
  // Code that runs for the first time grows too; not so the second time.
  await fill(open({ maxEntries: 100 }), 100, kind, valueBytes);
  const keeper = open(bound);
  const before = await memory();
  await fill(keeper, values, kind, valueBytes);
  const after = await memory();
  const entries = keeper.size();
  const head = (await keeper.headBytes?.()) ?? 0;
  return {
    entries,
    counted: keeper.counted(),
    grown: after.used - before.used,
    rss: after.rss - before.rss,
    keyBytes: entries * (keyOf(0).length + head),
  };
}

async function fill(keeper: Keeper, values: number, kind: GrowthOrder["kind"], bytes: number): Promise<void> {
  for (let id = 0; id < values; id++) await keeper.put(keyOf(id), makeValue(id, kind, bytes));
}

function keyOf(id: number): string {
  return `item:${String(id).padStart(8, "0")}`;
}

/** A value of its own for each entry, in one piece. */
function makeValue(id: number, kind: GrowthOrder["kind"], bytes: number): string | Uint8Array {
  const text = Buffer.alloc(bytes, `${id} `);
  return kind === "text" ? text.toString("latin1") : new Uint8Array(text);
}

/** What is in use after everything has been given back; `external` holds the array buffers too. */
async function memory(): Promise<{ used: number; rss: number }> {
  for (let turn = 0; turn < 3; turn++) {
    collectGarbage();
    await new Promise((resolve) => setImmediate(resolve));
  }
  const { heapUsed, external, rss } = process.memoryUsage();
  return { used: heapUsed + external, rss };
}
