import { describe, expect, test } from "vitest";
import { jsonCoder } from "./coders/json-coder.ts";
import { type Demand, nothingStored, suits, suitsStale } from "./demand.ts";
import { copyPacking, type Packing } from "./packing.ts";

const packing = copyPacking(jsonCoder);
/** Stored at 1,000, fresh until 11,000. */
const entry = packing.pack(
  "value",
  {
    key: "p::k",
    coder: packing.coder,
    storedAt: 1_000,
    loadTime: 0,
    freshUntil: 11_000,
    staleUntil: 11_000,
    errorUntil: 11_000,
    expiresAt: 21_000,
    mark: { epoch: "e", seq: 0 },
    labels: [],
  },
  false,
);

function demand(asked: Partial<Demand>): Demand {
  return { maxAge: Number.POSITIVE_INFINITY, minFresh: 0, maxStale: 0, reloadEvery: 0, ...asked };
}

describe("a fresh entry", () => {
  test("suits who asks for nothing else", () => {
    expect(suits(entry, undefined, packing, 10_999)).toBe(true);
  });

  test("suits as long as it is no older than it may be", () => {
    const ages = [5_999, 6_000, 6_001].map((now) => suits(entry, demand({ maxAge: 5_000 }), packing, now));
    expect(ages).toEqual([true, true, false]);
  });

  test("is as old as its value was already when it was stored", () => {
    const old: Packing = { ...packing, ageOf: () => 3_000 };
    expect([3_000, 3_001].map((now) => suits(entry, demand({ maxAge: 5_000 }), old, now))).toEqual([true, false]);
  });

  test("suits as long as it stays fresh for what is asked", () => {
    expect([9_000, 9_001].map((now) => suits(entry, demand({ minFresh: 2_000 }), packing, now))).toEqual([true, false]);
  });

  test("suits whoever asks too soon for another one", () => {
    const asked = demand({ maxAge: 0, reloadEvery: 1_000 });
    expect([2_000, 2_001].map((now) => suits(entry, asked, packing, now))).toEqual([true, false]);
  });

  test("does not suit who asks for what is loaded now", () => {
    expect(suits(entry, nothingStored, packing, 1_000)).toBe(false);
  });
});

describe("an entry that is fresh no longer", () => {
  const lenient: Packing = { ...packing, mayBeStale: () => true };

  test("suits who takes it stale, for as long as they do", () => {
    const asked = demand({ maxStale: 5_000 });
    const told = [10_999, 11_000, 15_999, 16_000].map((now) => suitsStale(entry, asked, lenient, now));
    expect(told).toEqual([false, true, true, false]);
  });

  test("does not suit if the value itself forbids it, or says nothing about it", () => {
    const asked = demand({ maxStale: 5_000 });
    const never: Packing = { ...packing, mayBeStale: () => false };
    expect([never, packing].map((each) => suitsStale(entry, asked, each, 11_000))).toEqual([false, false]);
  });

  test("does not suit who wants it fresh for longer, or younger", () => {
    expect(suitsStale(entry, demand({ maxStale: 5_000, minFresh: 1 }), lenient, 11_000)).toBe(false);
    expect(suitsStale(entry, demand({ maxStale: 5_000, maxAge: 9_999 }), lenient, 11_000)).toBe(false);
    expect(suitsStale(entry, demand({ maxStale: 5_000, maxAge: 10_000 }), lenient, 11_000)).toBe(true);
  });
});
