import { expect, test } from "vitest";
import { type Asked, isStored, type Purged } from "../src/faults/traffic.ts";
import { verdict } from "../src/faults/verdict.ts";

const noon = Date.UTC(2026, 0, 1, 12);
const route = { name: "slow", handler: 20, path: () => "/slow", body: () => ({}) } as const;
const good: Asked = {
  route,
  item: 1,
  process: 0,
  began: noon,
  duration: 30,
  failure: undefined,
  hit: true,
  madeAt: noon,
};
const purge: Purged = { everything: true, process: 0, began: noon + 2_500, returned: noon + 2_600, done: true };

/** Whether it holds that these were asked beside a hit before and one after the fault. */
function holds(asked: Partial<Asked>, purged: Partial<Purged> = {}, back = noon + 6_000): boolean {
  const last = { ...good, began: back, madeAt: back };
  const all = [good, { ...good, began: noon + 3_000, madeAt: noon + 3_000, ...asked }, last];
  const storedSince = (time: number) => all.find(({ began, hit }) => hit && began >= time)?.began;
  return verdict("here", { asked: all, purged: [{ ...purge, ...purged }], lag: 50, storedSince }, noon + 5_000).holds;
}

test("all is well", () => {
  expect(holds({})).toBe(true);
});

test("a failure breaks it, and an answer that takes too long", () => {
  expect(holds({ failure: "status 500" })).toBe(false);
  expect(holds({ duration: 20 + 200 + 50 + 90 })).toBe(true);
  expect(holds({ duration: 20 + 200 + 50 + 110 })).toBe(false);
});

test("what was made before a purge breaks it", () => {
  expect(holds({ madeAt: noon + 1_000 })).toBe(false);
  // The same second: who knows.
  expect(holds({ madeAt: noon + 2_000 })).toBe(true);
  expect(holds({ madeAt: noon + 1_000, began: noon + 2_550 })).toBe(true);
});

test("a purge counts for its routes, and elsewhere only if it was done, and a little later", () => {
  expect(holds({ madeAt: noon + 1_000 }, { everything: false })).toBe(false);
  const greeting = { ...route, name: "greeting" } as const;
  expect(holds({ madeAt: noon + 1_000, route: greeting })).toBe(false);
  expect(holds({ madeAt: noon + 1_000, route: greeting }, { everything: false })).toBe(true);
  expect(holds({ madeAt: noon + 1_000 }, { done: false })).toBe(false);
  expect(holds({ madeAt: noon + 1_000, process: 1 })).toBe(false);
  expect(holds({ madeAt: noon + 1_000, process: 1 }, { done: false })).toBe(true);
  expect(holds({ madeAt: noon + 1_000, process: 1, began: noon + 2_640 })).toBe(true);
});

test("hits that come back too late break it", () => {
  expect(holds({}, {}, noon + 10_500)).toBe(false);
});

test("an answer that is shared with the request which made it does not come from Redis", () => {
  const miss: Asked = { ...good, hit: false, began: noon, duration: 100 };
  const stored = (began: number, other: Partial<Asked> = {}) => isStored({ ...good, began }, [{ ...miss, ...other }]);
  expect(stored(noon + 50)).toBe(false);
  expect(stored(noon + 300)).toBe(false);
  expect(stored(noon + 400)).toBe(true);
  expect(stored(noon - 20)).toBe(false);
  expect(stored(noon - 200)).toBe(true);
  expect(stored(noon + 50, { item: 2 })).toBe(true);
  expect(stored(noon + 50, { process: 1 })).toBe(true);
  expect(stored(noon + 50, { hit: true })).toBe(true);
  expect(isStored({ ...miss }, [])).toBe(false);
});
