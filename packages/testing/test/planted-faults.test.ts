import type { Backend } from "@cachette/core";
import { describe, expect, test } from "vitest";
import { backendCases } from "../src/backend/backend-cases.ts";
import type { BackendHarness } from "../src/backend/harness.ts";
import { plantedFaults, withLeases, withLookUps } from "./planted-faults.ts";
import { ReferenceBackend, World } from "./reference-backend.ts";

type Make = (world: World, holds: Backend["holds"]) => Backend;

function harnessOf(make: Make, holds: Backend["holds"]): BackendHarness {
  const world = new World();
  return {
    backend: make(world, holds),
    ...(holds === "bytes" ? { another: () => make(world, holds) } : undefined),
    dispose: () => {},
  };
}

/** The names of the cases that a backend fails, all of which are at least tried. */
async function failedCases(make: Make, holds: Backend["holds"]): Promise<string[]> {
  const failed: string[] = [];
  for (const backendCase of backendCases) {
    const harness = harnessOf(make, holds);
    if (!backendCase.appliesTo(harness)) continue;
    await backendCase.run(harness).catch(() => failed.push(backendCase.name));
  }
  return failed;
}

const kinds = ["objects", "bytes"] as const;

describe.each(kinds)("a right backend that holds %s", (holds) => {
  test("fails no case", async () => {
    expect(await failedCases((world) => new ReferenceBackend(world, holds) as Backend, holds)).toEqual([]);
  });
});

test.each([
  ["has leases", withLeases],
  ["looks up along with the clock", withLookUps],
])("a right backend that %s fails no case", async (_what, make) => {
  expect(await failedCases(make, "bytes")).toEqual([]);
});

// Some faults make a case wait for what never comes.
describe.concurrent("a backend that", { timeout: 30_000 }, () => {
  test.each(plantedFaults)("$fault is found out", async ({ make, found, holds }) => {
    for (const kind of holds === undefined ? kinds : [holds]) {
      const applicable = backendCases.filter((backendCase) => backendCase.appliesTo(harnessOf(make, kind)));
      const names = applicable.map((backendCase) => backendCase.name);
      const expected = found.filter((name) => names.includes(name));
      expect((await failedCases(make, kind)).sort(), kind).toEqual([...expected].sort());
    }
  });
});

test("every case is needed: each finds some fault", () => {
  const found = new Set(plantedFaults.flatMap((planted) => planted.found));
  expect(backendCases.map((backendCase) => backendCase.name).filter((name) => !found.has(name))).toEqual([]);
  expect([...found].filter((name) => !backendCases.some((backendCase) => backendCase.name === name))).toEqual([]);
});

test("no two cases of the suite have the same name", () => {
  const names = backendCases.map((backendCase) => backendCase.name);
  expect(new Set(names).size).toBe(names.length);
});
