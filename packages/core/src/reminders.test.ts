import { describe, expect, test } from "vitest";
import { Reminders } from "./reminders.ts";

describe("Reminders", () => {
  test("know a key from when it is set until the time is over", () => {
    const reminders = new Reminders(10);
    expect(reminders.has("a", 100)).toBe(false);
    reminders.set("a", 100);
    expect([100, 105, 109.9].map((now) => reminders.has("a", now))).toEqual([true, true, true]);
    expect(reminders.has("b", 100)).toBe(false);
    expect(reminders.has("a", 110)).toBe(false);
    expect(reminders.has("a", 100)).toBe(false);
  });

  test("start anew when set again, and forget when told to", () => {
    const reminders = new Reminders(10);
    reminders.set("a", 100);
    reminders.set("a", 105);
    expect(reminders.has("a", 114)).toBe(true);
    reminders.delete("a");
    expect(reminders.has("a", 106)).toBe(false);
  });

  test("of what was set at a time that is yet to come, nothing is known: the clock was set back", () => {
    const reminders = new Reminders(10);
    reminders.set("a", 100);
    expect(reminders.has("a", 99)).toBe(false);
  });

  test("are bounded", () => {
    const reminders = new Reminders(10);
    for (let index = 0; index < 10_000; index++) reminders.set(String(index), 0);
    expect(reminders.has("0", 0)).toBe(true);
    reminders.set("one more", 0);
    expect(reminders.has("0", 0)).toBe(false);
    expect(reminders.has("one more", 0)).toBe(true);
  });
});
