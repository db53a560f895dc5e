import fc from "fast-check";
import { expect, test } from "vitest";
import { isDue } from "./early-refresh.ts";
import { Entry } from "./entry.ts";

function entryOf(loadTime: number, freshUntil = 10_000): Entry {
  const times = { storedAt: 0, loadTime, freshUntil, staleUntil: freshUntil, errorUntil: freshUntil };
  const facts = { key: "k", coder: "c", ...times, expiresAt: freshUntil, mark: { epoch: "e", seq: 0 }, labels: [] };
  return new Entry(facts, "", undefined, 0);
}

const drawn = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });
const time = fc.nat(10_000);

test("what is due stays due: later, with a longer load, with a larger beta", () => {
  const numbers = fc.record({
    now: time,
    loadTime: fc.nat(5_000),
    beta: fc.double({ min: 0.1, max: 10, noNaN: true }),
  });
  fc.assert(
    fc.property(numbers, fc.nat(1_000), drawn, ({ now, loadTime, beta }, more, chance) => {
      if (!isDue(entryOf(loadTime), beta, now, () => chance)) return;
      expect(isDue(entryOf(loadTime), beta, now + more, () => chance)).toBe(true);
      expect(isDue(entryOf(loadTime + more), beta, now, () => chance)).toBe(true);
      expect(isDue(entryOf(loadTime), beta + more, now, () => chance)).toBe(true);
    }),
  );
});

test("how often it is due is as the paper says: exp(-left / (load time * beta))", () => {
  const draws = 10_000;
  const share = (now: number, beta: number): number => {
    let due = 0;
    for (let draw = 0; draw < draws; draw++) if (isDue(entryOf(500), beta, now, () => draw / draws)) due++;
    return due / draws;
  };
  for (const [left, beta] of [
    [2_000, 1],
    [500, 1],
    [100, 1],
    [2_000, 4],
    [500, 0.5],
  ] as const) {
    expect(share(10_000 - left, beta)).toBeCloseTo(Math.exp(-left / (500 * beta)), 3);
  }
});

test("at the end of its time it is due whatever is drawn", () => {
  fc.assert(fc.property(drawn, (chance) => isDue(entryOf(1), 1, 10_000, () => chance)));
});

test("what cost nothing, and what is fresh for ever, never is", () => {
  fc.assert(
    fc.property(time, drawn, (now, chance) => {
      expect(isDue(entryOf(0), 10, now, () => chance)).toBe(false);
      expect(isDue(entryOf(5_000, Number.POSITIVE_INFINITY), 10, now, () => chance)).toBe(false);
      expect(isDue(entryOf(5_000, Number.POSITIVE_INFINITY), 10, now, () => 1)).toBe(false);
    }),
  );
});
