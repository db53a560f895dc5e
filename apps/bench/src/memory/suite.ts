import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { type Framework, frameworks } from "../http/subject.ts";
import type { Findings, Row, Table } from "../report.ts";
import type { Settings } from "../settings.ts";
import type { Growth, GrowthOrder } from "./growth.ts";
import { keepers } from "./keeper.ts";
import type { LeftoversOrder } from "./leftovers.ts";

const run = promisify(execFile);
const growthProgram = fileURLToPath(new URL("growth.ts", import.meta.url));
const leftoversProgram = fileURLToPath(new URL("leftovers.ts", import.meta.url));
const hitLeftoversProgram = fileURLToPath(new URL("hit-leftovers.ts", import.meta.url));

/** What entries cost in memory, and whether the bound on it holds. Each figure comes from a process of its own. */
export async function memorySuite({ short, wanted }: Settings): Promise<Findings> {
  const total = short ? 1 << 20 : 1 << 26;
  const valueSizes = short ? [1_024] : [100, 1_024, 65_536];
  const kinds: Kind[] = short ? ["text"] : ["text", "bytes"];
  const tables: Table[] = [];
  for (const valueBytes of valueSizes) {
    const size = valueBytes < 1_024 ? `${valueBytes} B` : `${valueBytes / 1_024} KiB`;
    const perEntry = `Memory an entry takes, values of ${size}`;
    if (wanted(perEntry)) tables.push(await entryTable(perEntry, kinds, valueBytes, total));
    const bounded = `Growth against maxBytes, values of ${size}`;
    if (wanted(bounded)) tables.push(await boundTable(bounded, kinds, valueBytes, total));
  }
  const leftovers = "What a miss leaves behind until the old are collected";
  if (wanted(leftovers)) tables.push(await leftoversTable(leftovers));
  const leftByHits = "What a hit leaves behind until the old are collected";
  if (wanted(leftByHits)) tables.push(await hitLeftoversTable(leftByHits));
  return {
    tables,
    notes: [
      "Each figure is measured once. grown: heap and what lies outside of it, with the garbage collected.",
      "The value of a route's answer is its body, and its status and fields as they go out.",
    ],
  };
}

type Kind = GrowthOrder["kind"];

async function entryTable(title: string, kinds: readonly Kind[], valueBytes: number, total: number): Promise<Table> {
  const values = Math.min(100_000, Math.ceil(total / valueBytes));
  const rows: Row[] = [];
  for (const [keeper, kind] of subjects(Object.keys(keepers), kinds)) {
    rows.push({ name: `${keeper}, ${kind}`, figures: await takenBy({ keeper, kind, valueBytes, values }) });
  }
  return { title, columns: { entries: "count", grown: "bytes", "beyond key and value": "bytes" }, rows };
}

/** What each of so many entries takes. */
export async function takenBy(order: Omit<GrowthOrder, "bound">): Promise<Taken> {
  const { entries, grown, keyBytes } = await growthOf({ ...order, bound: { maxEntries: order.values } });
  const keyAndValue = order.valueBytes + keyBytes / entries;
  return { entries, grown: grown / entries, "beyond key and value": grown / entries - keyAndValue };
}

type Taken = Readonly<Record<"entries" | "grown" | "beyond key and value", number>>;

/** Three times as much is put in as there is room for. */
async function boundTable(title: string, kinds: readonly Kind[], valueBytes: number, maxBytes: number): Promise<Table> {
  const values = Math.ceil((3 * maxBytes) / valueBytes);
  const rows: Row[] = [];
  for (const [keeper, kind] of subjects(
    Object.keys(keepers).filter((name) => name.startsWith("Cachette")),
    kinds,
  )) {
    const growth = await growthOf({ keeper, kind, valueBytes, values, bound: { maxBytes } });
    const { entries, counted = Number.NaN, grown, rss } = growth;
    const figures = { entries, counted: counted / maxBytes, grown: grown / maxBytes, process: rss / maxBytes };
    rows.push({ name: `${keeper}, ${kind}`, figures });
  }
  return { title, columns: { entries: "count", counted: "ratio", grown: "ratio", process: "ratio" }, rows };
}

/** An answer is bytes in any case. */
function subjects(names: readonly string[], kinds: readonly Kind[]): (readonly [string, Kind])[] {
  return names.flatMap((name) => {
    const own: readonly Kind[] = name === "Cachette, a route's answer" ? ["bytes"] : kinds;
    return own.map((kind) => [name, kind] as const);
  });
}

async function leftoversTable(title: string): Promise<Table> {
  const rows: Row[] = [];
  for (const framework of frameworks) {
    const [handler, cachette] = [await leftoversOf(framework, "handler"), await leftoversOf(framework, "cachette")];
    rows.push({ name: framework, figures: { handler, Cachette: cachette } });
  }
  return { title, columns: { handler: "bytes", Cachette: "bytes" }, rows };
}

async function hitLeftoversTable(title: string): Promise<Table> {
  const rows: Row[] = [{ name: "a backend that answers later", figures: { Cachette: await hitLeftovers() } }];
  return { title, columns: { Cachette: "bytes" }, rows };
}

/** Bytes for each hit on a backend that answers later. */
export function hitLeftovers(): Promise<number> {
  return outcomeOf(hitLeftoversProgram, {});
}

/** All the room for the young that there may be, from the start; in MiB. */
const allForTheYoung = ["--min-semi-space-size=16", "--max-semi-space-size=16"];

/** Bytes for each answer that a handler made. */
export function leftoversOf(framework: Framework, kind: "handler" | "cachette"): Promise<number> {
  return outcomeOf(leftoversProgram, { framework, kind } satisfies LeftoversOrder, allForTheYoung);
}

function growthOf(order: GrowthOrder): Promise<Growth> {
  return outcomeOf(growthProgram, order);
}

async function outcomeOf<Outcome>(program: string, order: object, more: readonly string[] = []): Promise<Outcome> {
  const flags = [...more, "--expose-gc", "--conditions=@cachette/source", "--disable-warning=ExperimentalWarning"];
  const { stdout } = await run(process.execPath, [...flags, program, JSON.stringify(order)]);
  return JSON.parse(stdout) as Outcome;
}
