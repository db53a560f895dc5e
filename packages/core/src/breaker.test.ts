import { expect, test } from "vitest";
import { manualClock } from "../../testing/src/index.ts";
import { Breaker } from "./breaker.ts";

function setUp(threshold = 3, pause = 1_000) {
  const clock = manualClock();
  const states: string[] = [];
  const breaker = new Breaker(clock, { threshold, pause }, (state) => states.push(state));
  const fail = (times: number) => {
    for (let time = 0; time < times; time++) breaker.failed();
  };
  return { clock, states, breaker, fail };
}

test("lets everything through until there were so many failures in a row", () => {
  const { breaker, states, fail } = setUp();
  fail(2);
  expect([breaker.allows(), breaker.closed]).toEqual([true, true]);
  breaker.succeeded();
  fail(2);
  expect([breaker.allows(), breaker.closed]).toEqual([true, true]);
  fail(1);
  expect([breaker.allows(), breaker.closed]).toEqual([false, false]);
  expect(states).toEqual(["open"]);
});

test("after a pause lets a single call through, which closes it", async () => {
  const { breaker, clock, states, fail } = setUp();
  fail(3);
  await clock.advance(999);
  expect(breaker.allows()).toBe(false);
  await clock.advance(1);
  expect([breaker.allows(), breaker.allows(), breaker.closed]).toEqual([true, false, false]);
  breaker.succeeded();
  expect([breaker.allows(), breaker.allows(), breaker.closed]).toEqual([true, true, true]);
  expect(states).toEqual(["open", "half-open", "closed"]);
});

test("a probe that fails opens it for another pause, however few failures there were since", async () => {
  const { breaker, clock, states, fail } = setUp();
  fail(3);
  await clock.advance(1_000);
  expect(breaker.allows()).toBe(true);
  fail(1);
  await clock.advance(999);
  expect(breaker.allows()).toBe(false);
  await clock.advance(1);
  expect(breaker.allows()).toBe(true);
  expect(states).toEqual(["open", "half-open", "open", "half-open"]);
});

test("a probe of which nothing is heard does not lock it", async () => {
  const { breaker, clock, fail } = setUp();
  fail(3);
  await clock.advance(1_000);
  expect(breaker.allows()).toBe(true);
  await clock.advance(999);
  expect(breaker.allows()).toBe(false);
  await clock.advance(1);
  expect(breaker.allows()).toBe(true);
});

test("counts anew after it was closed", async () => {
  const { breaker, clock, fail } = setUp();
  fail(3);
  await clock.advance(1_000);
  breaker.allows();
  breaker.succeeded();
  fail(2);
  expect(breaker.closed).toBe(true);
});

test("opens for no longer than its pause when the time of day is set back", async () => {
  const { breaker, clock, fail } = setUp();
  fail(3);
  clock.set(clock.now() - 3_600_000);
  expect(breaker.allows()).toBe(true);
});

test("tells of a change once", () => {
  const { breaker, states, fail } = setUp();
  fail(10);
  breaker.succeeded();
  breaker.succeeded();
  expect(states).toEqual(["open", "closed"]);
});
