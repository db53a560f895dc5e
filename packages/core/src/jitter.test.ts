import fc from "fast-check";
import { expect, test } from "vitest";
import { jittered } from "./jitter.ts";

const share = fc.double({ min: 0, max: 1, noNaN: true });
const chance = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });

test("a ttl becomes shorter by no more than its share, and never longer", () => {
  fc.assert(
    fc.property(fc.nat(), share, chance, (ttl, part, drawn) => {
      const made = jittered(ttl, part, () => drawn);
      expect(made).toBeLessThanOrEqual(ttl);
      expect(made).toBeGreaterThanOrEqual(ttl * (1 - part));
      expect(Number.isInteger(made)).toBe(true);
    }),
  );
});

test("what is fresh for some time stays so for at least a millisecond", () => {
  fc.assert(
    fc.property(fc.integer({ min: 1 }), share, chance, (ttl, part, drawn) => jittered(ttl, part, () => drawn) > 0),
  );
});

test("it is spread over all of the share", () => {
  const made = [0, 0.25, 0.5, 0.75].map((drawn) => jittered(1_000, 0.2, () => drawn));
  expect(made).toEqual([1_000, 950, 900, 850]);
});

test.each([0, Number.POSITIVE_INFINITY])("%s stays as it is", (ttl) => {
  expect(jittered(ttl, 1, () => 0.5)).toBe(ttl);
});
