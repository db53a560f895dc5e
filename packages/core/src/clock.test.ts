import { afterEach, expect, test, vi } from "vitest";
import { manualClock } from "../../testing/src/index.ts";
import { systemClock, timeForLookUps } from "./clock.ts";

afterEach(() => vi.useRealTimers());

const turn = () => new Promise((resolve) => setImmediate(resolve));

function hold(milliseconds: number): void {
  const end = performance.now() + milliseconds;
  while (performance.now() < end);
}

test("on a clock of one's own, look-ups have the very time", async () => {
  const clock = manualClock();
  const now = timeForLookUps(clock);
  for (let step = 0; step < 200; step++) {
    await clock.advance(1);
    expect(now()).toBe(clock.now());
  }
});

test("many look-ups in one turn share a look at the clock, and no more than 64", () => {
  const now = timeForLookUps(systemClock);
  const first = now();
  hold(3);
  for (let look = 0; look < 64; look++) expect(now()).toBe(first);
  expect(now()).toBeGreaterThanOrEqual(first + 3);
});

test("a look does not outlive its turn, whether there were many or few", async () => {
  const now = timeForLookUps(systemClock);
  for (const looks of [1, 50, 1, 1, 50]) {
    for (let look = 0; look < looks; look++) now();
    await turn();
    hold(2);
    expect(Date.now() - now()).toBeLessThanOrEqual(1);
    await turn();
  }
});

test("a time that a test has put in place of the machine's is noticed at once", () => {
  const now = timeForLookUps(systemClock);
  now();
  vi.useFakeTimers();
  vi.setSystemTime(1_000);
  expect(now()).toBe(1_000);
  vi.setSystemTime(5_000);
  expect(now()).toBe(5_000);
  vi.useRealTimers();
  expect(Math.abs(now() - Date.now())).toBeLessThan(1_000);
});
