import { describe, expect, test } from "vitest";
import { adapterCases } from "../src/adapter/adapter-cases.ts";
import { type AdapterFault, faultsInStreams, otherFaults } from "./adapter-faults.ts";
import { harnessOf, ReferenceAdapter } from "./reference-adapter.ts";

/** It takes as long as all others together, so it is tried on what could concern it. */
const costly = "lets 50 MB pass in flat memory, at the client's pace, and does not store them";

const cheapCases = adapterCases.filter(({ name }) => name !== costly);

/** The names of those cases that an adapter fails. All of them are tried, several at a time. */
async function failedCases(adapter: typeof ReferenceAdapter, cases = adapterCases): Promise<string[]> {
  const failed = new Set<string>();
  const left = [...cases];
  const work = async (): Promise<void> => {
    for (let next = left.shift(); next !== undefined; next = left.shift()) {
      const { name, run } = next;
      await run(harnessOf(adapter)).catch(() => failed.add(name));
    }
  };
  await Promise.all(Array.from({ length: 8 }, work));
  return cases.map(({ name }) => name).filter((name) => failed.has(name));
}

test("a right adapter fails no case", { timeout: 30_000 }, async () => {
  expect(await failedCases(ReferenceAdapter)).toEqual([]);
});

describe("an adapter that", () => {
  test.each(faultsInStreams)("$fault", { timeout: 30_000 }, async ({ adapter, found }: AdapterFault) => {
    expect(await failedCases(adapter)).toEqual(found);
  });

  test.concurrent.each(otherFaults)("$fault", { timeout: 30_000 }, async ({ adapter, found }: AdapterFault) => {
    expect(await failedCases(adapter, cheapCases)).toEqual(found);
  });
});

test("every case finds a fault", () => {
  const found = new Set([...faultsInStreams, ...otherFaults].flatMap((fault) => fault.found));
  expect(adapterCases.map(({ name }) => name).filter((name) => !found.has(name))).toEqual([]);
});
