import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, inject, test } from "vitest";
import { frameworks, kinds } from "../src/http/subject.ts";
import { hitLeftovers, leftoversOf, takenBy } from "../src/memory/suite.ts";
import type { Report, Table } from "../src/report.ts";
import { type SuiteName, suiteNames } from "../src/suites.ts";

const run = promisify(execFile);
const program = fileURLToPath(new URL("../src/main.ts", import.meta.url));

/** Many processes are started that load the same modules. */
let compiled = "";

beforeAll(async () => {
  compiled = await mkdtemp(join(tmpdir(), "cachette-bench-compiled-"));
});

afterAll(() => rm(compiled, { recursive: true, force: true }));

/** The short form of a suite as anybody starts it: what it wrote and what it said. */
async function runShort(suite: SuiteName): Promise<{ report: Report; text: string }> {
  const directory = await mkdtemp(join(tmpdir(), "cachette-bench-"));
  try {
    const file = join(directory, "report.json");
    const args = ["--conditions=@cachette/source", program, suite, "--short", "--json", file];
    const env = { ...process.env, REDIS_URL: inject("redisUrl"), NODE_COMPILE_CACHE: compiled };
    const { stdout: text } = await run(process.execPath, args, { env });
    return { report: JSON.parse(await readFile(file, "utf8")) as Report, text };
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

/** Tables of so many rows, by their titles. */
const expected: Record<SuiteName, Record<string, number>> = {
  http: Object.fromEntries(
    Object.entries(kinds).flatMap(([framework, { length }]) => {
      // Of the handlers by themselves only that of Express knows 304s. Cachette's whole answer stands beside its 304.
      const titles = { "1 KiB": length, "64 KiB": length, "304": framework === "express" ? length + 1 : length };
      const floors = framework === "fastify" ? 2 : 1;
      const all = Object.entries({ ...titles, "1 KiB, 5 keys": length, "1 KiB, all misses": length - floors });
      return all.map(([title, rows]) => [`${framework}, ${title}, load by raw sockets`, rows]);
    }),
  ),
  function: {
    "Hits in memory, one after another": 17,
    "Hits in memory, 100 at a time": 17,
    "Misses in memory, one after another": 16,
  },
  redis: {
    ...Object.fromEntries([1, 16, 64, 256].map((together) => [`Hits on Redis, ${together} in flight`, 10])),
    "Fastify routes on Redis, 32 connections, load by raw sockets": 2,
  },
  scale: {
    "Hits on 50 entries of many": 4,
    "Hits on all of many entries, Zipf-distributed": 4,
    "A namespace is cleared": 2,
    "50 callers for a cold key": 8,
    "Calls while entries are purged": 4,
  },
  memory: {
    "Memory an entry takes, values of 1 KiB": 6,
    "Growth against maxBytes, values of 1 KiB": 4,
    "What a miss leaves behind until the old are collected": 3,
    "What a hit leaves behind until the old are collected": 1,
  },
};

describe.concurrent("the short form", () => {
  test.each(suiteNames)("of %s fills its tables", async (suite) => {
    const { report, text } = await runShort(suite);
    expect(report).toMatchObject({ suite, settings: { short: true, rounds: 2 }, machine: { node: process.version } });
    expect(Object.fromEntries(report.tables.map(({ title, rows }) => [title, rows.length]))).toEqual(expected[suite]);
    for (const table of report.tables) {
      for (const row of table.rows) expect(Object.keys(row.figures)).toEqual(Object.keys(table.columns));
      expect(table.rows.filter((row) => !Object.values(row.figures).every(Number.isFinite))).toEqual([]);
      expect(text).toContain(`## ${table.title}\n`);
    }
    checks[suite]?.(report.tables);
  });
});

/** What has to come out however short it is. */
const checks: Partial<Record<SuiteName, (tables: readonly Table[]) => void>> = {
  redis([oneByOne]) {
    const trips = oneByOne?.rows.filter(({ name }) => name.startsWith("ioredis") || name.startsWith("Cachette"));
    // Other tests may be using the same server.
    for (const { name, figures } of trips ?? []) {
      if (name.endsWith("near cache")) expect(figures["reads a hit"]).toBeLessThan(0.5);
      else expect(figures["reads a hit"]).toBeGreaterThan(0.9);
    }
  },
  scale(tables) {
    const stampede = tables.find(({ title }) => title.includes("cold key"));
    const own = stampede?.rows.filter(({ name }) => name.startsWith("Cachette"));
    expect(own?.map(({ figures }) => figures.loads)).toEqual([1, 1]);
    const purges = tables.find(({ title }) => title.includes("purged"));
    expect(purges?.rows.map(({ figures }) => figures.stale)).toEqual([0, 0, 0, 0]);
  },
};

test.each([
  ["Cachette, copied", "text"],
  ["Cachette, copied", "bytes"],
  ["Cachette, namespace and 3 tags", "bytes"],
  ["Cachette, a route's answer", "bytes"],
] as const)("%s, %s: an entry takes less than 300 bytes beyond its key and value", async (keeper, kind) => {
  const taken = await takenBy({ keeper, kind, valueBytes: 1_024, values: 1 << 16 });
  expect(taken["beyond key and value"]).toBeLessThan(300);
});

test.each(frameworks)("misses on %s leave little behind that only a full collection finds", async (framework) => {
  // Less than what belongs to one request and its answer: they go with the young.
  expect(await leftoversOf(framework, "cachette")).toBeLessThan(12_000);
});

test("hits on a backend that answers later leave nothing behind", async () => {
  // 6 bytes as a rule, and about 100 in one process of eight. What this is about made it 660 in each.
  expect(await hitLeftovers()).toBeLessThan(200);
});
