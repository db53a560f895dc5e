import { afterEach, describe, expect, test, vi } from "vitest";
import { memoryBackend } from "../../backend-memory/src/index.ts";
import { Flights } from "../src/flights.ts";
import type { Backend, Versions } from "../src/index.ts";
import { byteBackend } from "./kit.ts";
import { allPurges, type Purge, type RacePlan, race } from "./race.ts";

const seeds = [1, 2, 3, 4, 5];

const onMemory: Pick<RacePlan, "backend" | "options"> = {
  backend: (clock) => memoryBackend({ maxEntries: 1_000, clock }),
};
const onBytes: Pick<RacePlan, "backend" | "options"> = { backend: (clock) => byteBackend(clock) };

/** Far away, but never so slow that the deadline is met. */
const near = { wait: (random: (bound: number) => number) => random(4) * random(8) };

/** Now and then so slow that it is: writes come late, purges are owed, the breaker opens. */
const slow = {
  wait: (random: (bound: number) => number) => (random(12) === 0 ? random(150) : random(10)),
  options: { deadline: 60, breaker: { threshold: 3, pause: 100 } },
};

const purgesByLabel: readonly Purge[] = ["tag", "fixed tag", "namespace", "all", "soft"];

/** What a race must have had in it to show anything. */
function expectLively({ reads, purges, loads, hits, shared }: Awaited<ReturnType<typeof race>>): void {
  expect(purges).toBeGreaterThan(30);
  expect(loads).toBeGreaterThan(purges / 2);
  expect(hits).toBeGreaterThan(reads / 20);
  expect(shared).toBeGreaterThan(10);
}

describe("no read gives what a purge that returned before it began had made void", () => {
  test.each(seeds)("on memory, seed %d", async (seed) => {
    const result = await race({ seed, operations: 3_000, purges: allPurges, ...onMemory });
    expect(result.violations).toEqual([]);
    expectLively(result);
  });

  test.each(seeds)("far away, seed %d", async (seed) => {
    const result = await race({ seed, operations: 3_000, purges: allPurges, ...onBytes, ...near });
    expect(result.violations).toEqual([]);
    expect(result.pending).toBe(0);
    expectLively(result);
  });

  test.each(seeds)("far away and at times too slow, seed %d", async (seed) => {
    const result = await race({ seed, operations: 3_000, purges: allPurges, ...onBytes, ...slow });
    expect(result.violations).toEqual([]);
    expect(result.pending).toBeGreaterThan(5);
    expect(result.hits).toBeGreaterThan(20);
  });

  test.each(seeds)("in several processes, for purges by label, seed %d", async (seed) => {
    const result = await race({ seed, operations: 4_000, purges: purgesByLabel, processes: 3, ...onBytes, ...near });
    expect(result.violations).toEqual([]);
    expectLively(result);
  });

  test.each(seeds)("among callers without patience, seed %d", async (seed) => {
    for (const place of [onMemory, { ...onBytes, ...near }]) {
      const result = await race({ seed, operations: 2_000, purges: allPurges, ...place, options: { patience: 10 } });
      expect(result.violations).toEqual([]);
      expectLively(result);
    }
  });

  test.each(seeds)("with all that keeps values longer, renews them sooner and waits less, seed %d", async (seed) => {
    const options = {
      ttl: 80,
      jitter: 0.5,
      staleWhileRevalidate: 100,
      staleIfError: 200,
      earlyRefresh: { beta: 3 },
      timeout: { soft: 8, hard: 35 },
      errorTtl: 10,
    } as const;
    // A soft purge allows just that: to be served what was there before.
    const purges = allPurges.filter((purge) => purge !== "soft");
    for (const place of [onMemory, { ...onBytes, ...near }, { ...onBytes, ...slow }]) {
      const result = await race({
        seed,
        operations: 3_000,
        purges,
        ...place,
        options: { ...place.options, ...options },
      });
      expect(result.violations).toEqual([]);
      expect(result.stale).toBeGreaterThan(20);
    }
    for (const place of [onMemory, { ...onBytes, ...near }]) {
      const byLabel = purgesByLabel.filter((purge) => purge !== "soft");
      const result = await race({ seed, operations: 3_000, purges: byLabel, processes: 3, ...place, options });
      expect(result.violations).toEqual([]);
    }
  });

  test.each(seeds)("in several processes on one memory, for purges by label, seed %d", async (seed) => {
    const result = await race({ seed, operations: 4_000, purges: purgesByLabel, processes: 3, ...onMemory });
    expect(result.violations).toEqual([]);
    expectLively(result);
  });

  test.each<[string, readonly Purge[]]>(allPurges.map((purge) => [purge, [purge]]))(
    "with %s alone",
    async (_what, purges) => {
      for (const place of [onMemory, { ...onBytes, ...near }, { ...onBytes, ...slow }]) {
        const result = await race({ seed: 6, operations: 1_500, purges, ...place });
        expect(result.violations).toEqual([]);
      }
    },
  );
});

describe("the check finds what it is meant to find", () => {
  afterEach(() => {
    vi.restoreAllMocks();
  });

  function broken(change: (versions: Versions) => Versions): Pick<RacePlan, "backend"> {
    return {
      backend(clock) {
        const backend = byteBackend(clock);
        return { ...backend, versions: (scope: string) => change(backend.versions(scope)) } as Backend;
      },
    };
  }

  test.each<[string, Purge[], (versions: Versions) => Versions]>([
    [
      "a clock that never advances",
      ["tag"],
      (versions) => ({ current: undefined, read: (labels) => versions.read(labels), advance: () => {} }),
    ],
    [
      "labels that are forgotten",
      ["fixed tag"],
      (versions) => ({
        current: undefined,
        read: async (labels) => ({
          ...(await versions.read(labels)),
          stamps: labels.map(() => ({ hard: 0, soft: 0 })),
        }),
        advance: (labels, kind) => versions.advance(labels, kind),
      }),
    ],
  ])("%s", async (_what, purges, change) => {
    const result = await race({ seed: 1, operations: 2_000, purges, ...broken(change), ...near });
    expect(result.violations.length).toBeGreaterThan(5);
  });

  test("loads that are not fenced by a delete", async () => {
    vi.spyOn(Flights.prototype, "fence").mockImplementation(() => {});
    const result = await race({ seed: 1, operations: 2_000, purges: ["delete"], ...onMemory });
    expect(result.violations.length).toBeGreaterThan(5);
  });
});
