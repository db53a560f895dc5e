import { systemClock } from "@cachette/core";
import { expect, test } from "vitest";
import { manualClock } from "./manual-clock.ts";

test("stands still until it is moved", async () => {
  const clock = manualClock(1_000);
  await new Promise((resolve) => setTimeout(resolve, 5));
  expect(clock.now()).toBe(1_000);
  await clock.advance("2s");
  expect(clock.now()).toBe(3_000);
});

test("starts at the time of the machine", () => {
  expect(Math.abs(manualClock().now() - systemClock.now())).toBeLessThan(1_000);
});

test("runs what falls due in the order of time, each at its moment", async () => {
  const clock = manualClock(0);
  const ran: string[] = [];
  const note = (name: string) => () => ran.push(`${name}@${clock.now()}`);
  clock.after(30, note("late"));
  clock.after(10, note("early"));
  clock.after(10, note("early too"));
  clock.after(31, note("too late"));
  await clock.advance(30);
  expect(ran).toEqual(["early@10", "early too@10", "late@30"]);
  expect(clock.pending).toBe(1);
});

test("runs what a task asks for, as long as it is within the span", async () => {
  const clock = manualClock(0);
  const ran: number[] = [];
  const again = () => {
    ran.push(clock.now());
    clock.after(10, again);
  };
  clock.after(10, again);
  await clock.advance(35);
  expect(ran).toEqual([10, 20, 30]);
  expect(clock.now()).toBe(35);
});

test("lets promises settle before, between and after the tasks", async () => {
  const clock = manualClock(0);
  const ran: string[] = [];
  const sleep = (delay: number) => new Promise<void>((resolve) => clock.after(delay, resolve));
  const work = async () => {
    for (let round = 0; round < 20; round++) await undefined;
    await sleep(10);
    ran.push(`first@${clock.now()}`);
    for (let round = 0; round < 20; round++) await undefined;
    await sleep(5);
    ran.push(`second@${clock.now()}`);
    for (let round = 0; round < 20; round++) await undefined;
    ran.push("end");
  };
  void work();
  await clock.advance(15);
  expect(ran).toEqual(["first@10", "second@15", "end"]);
});

test("does not run what was cancelled, also by a task of the same moment", async () => {
  const clock = manualClock(0);
  const ran: string[] = [];
  clock.after(5, () => ran.push("cancelled"))();
  clock.after(10, () => {
    ran.push("first");
    cancelSecond();
  });
  const cancelSecond = clock.after(10, () => ran.push("second"));
  await clock.advance(20);
  expect(ran).toEqual(["first"]);
  expect(clock.pending).toBe(0);
});

test("a set time moves no task", async () => {
  const clock = manualClock(1_000_000);
  const ran: number[] = [];
  clock.after(100, () => ran.push(clock.now()));
  clock.set(5_000_000);
  expect(ran).toEqual([]);
  await clock.advance(99);
  clock.set(10);
  expect(ran).toEqual([]);
  await clock.advance(1);
  expect(ran).toEqual([11]);
});
