import { expect, test } from "vitest";
import { manualClock } from "../../testing/src/index.ts";
import { awaitOutcome, type Patience } from "./await-outcome.ts";
import type { Entry } from "./entry.ts";
import { Flight, type Outcome } from "./flight.ts";

const loaded: Outcome = { type: "value", value: "loaded" };

function waiting(asked: Partial<Patience> = {}) {
  const clock = manualClock();
  const flight = new Flight("k", { labels: [] }, { kind: "lookup", mark: undefined, exact: false, purges: 0 });
  let gaveUp = false;
  flight.giveUp = () => {
    gaveUp = true;
  };
  const outcome = awaitOutcome(flight, {
    clock,
    patience: 1_000,
    soft: Number.POSITIVE_INFINITY,
    standIn: () => undefined,
    held: undefined,
    signal: undefined,
    ...asked,
  });
  const state = () => Promise.race([outcome, Promise.resolve().then(() => Promise.resolve("waits"))]);
  return { clock, flight, outcome, state, gaveUp: () => gaveUp };
}

test("gives the outcome, and leaves nothing behind", async () => {
  const { clock, flight, outcome } = waiting({ soft: 500 });
  expect([flight.waiting, clock.pending]).toEqual([1, 2]);
  flight.settle(loaded);
  expect(await outcome).toBe(loaded);
  expect(clock.pending).toBe(0);
});

test("waits no longer than patience lasts; the load is given up when nobody is left", async () => {
  const { clock, flight, outcome, state, gaveUp } = waiting();
  await clock.advance(999);
  expect(await state()).toBe("waits");
  await clock.advance(1);
  expect(await outcome).toBeUndefined();
  expect([flight.waiting, gaveUp()]).toEqual([0, true]);
});

test("waits no longer once the load has turned out to be slow", async () => {
  const { clock, flight, outcome } = waiting();
  flight.turnSlow();
  expect(await outcome).toBeUndefined();
  expect(clock.pending).toBe(0);
});

test("waits no longer once the lease of the load is lost, if it has not ended by then", async () => {
  const lost = waiting({ held: Promise.resolve(false) });
  expect(await lost.outcome).toBeUndefined();
  for (const held of [true, undefined]) {
    const kept = waiting({ held: Promise.resolve(held) });
    await kept.clock.advance(0);
    expect(await kept.state()).toBe("waits");
  }
  const ended = waiting({ held: Promise.resolve(false) });
  ended.flight.settle(loaded);
  expect(await ended.outcome).toBe(loaded);
});

test("takes what may stand in when it is overdue, and stays one of those for whom the load goes on", async () => {
  const entry = { kind: "entry" } as Entry;
  const { clock, flight, outcome, gaveUp } = waiting({ soft: 500, standIn: () => entry });
  await clock.advance(500);
  expect(await outcome).toEqual({ type: "overdue", entry });
  expect([flight.waiting, gaveUp(), clock.pending]).toEqual([1, false, 0]);
});

test("goes on waiting when nothing may stand in", async () => {
  const { clock, flight, outcome, state } = waiting({ soft: 500 });
  await clock.advance(500);
  expect(await state()).toBe("waits");
  flight.settle(loaded);
  expect(await outcome).toBe(loaded);
});

test("a caller who goes gets the reason, and is one less who waits", async () => {
  const controller = new AbortController();
  const { clock, flight, outcome } = waiting({ signal: controller.signal });
  const reason = new Error("gone");
  controller.abort(reason);
  await expect(outcome).rejects.toBe(reason);
  expect([flight.waiting, clock.pending]).toEqual([0, 0]);
});
