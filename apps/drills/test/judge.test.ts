import { expect, test } from "vitest";
import { byKind, judge } from "../src/races/judge.ts";
import { type Journal, keyCount, type Purge, type Read } from "../src/races/model.ts";
import type { Stall } from "../src/races/stalls.ts";

const all = Array.from({ length: keyCount }, (_, key) => key);

/** Floors of 5 for all keys. */
const purge = (facts: Partial<Purge>): Purge => ({
  kind: "everything",
  target: 0,
  began: 100,
  returned: 110,
  reached: true,
  floors: all.map(() => 5),
  ...facts,
});
const read = (facts: Partial<Read>): Read => ({ began: 120, key: 3, version: 4, set: undefined, ...facts });
const journal = (reads: readonly Read[], purges: readonly Purge[] = [], stalls: readonly Stall[] = []): Journal => ({
  reads,
  purges,
  hits: 0,
  wrong: 0,
  stalls,
});

/** What a reader finds in a purge of its own process, and another reader in that of somebody else. */
function violations(reading: Partial<Read>, purging: Partial<Purge>): [own: number, others: number] {
  const own = judge([journal([read(reading)], [purge(purging)])]);
  const others = judge([journal([read(reading)]), journal([], [purge(purging)])]);
  expect(own.others).toEqual([]);
  expect(others.own).toEqual([]);
  return [own.own.length, others.others.length];
}

test("an older version after a purge is a violation, with the time that lies between", () => {
  expect(violations({}, {})).toEqual([1, 1]);
  const { others } = judge([journal([read({ began: 150 })]), journal([], [purge({}), purge({ returned: 140 })])]);
  expect(others.map(({ after }) => after)).toEqual([40]);
  expect(byKind(others)).toBe("everything 1");
});

test("neither the version at the purge is one, nor a read that began before the purge had returned", () => {
  expect(violations({ version: 5 }, {})).toEqual([0, 0]);
  expect(violations({ began: 110 }, {})).toEqual([0, 0]);
  expect(violations({ began: 105 }, {})).toEqual([0, 0]);
});

test("a purge counts for what it covers", () => {
  expect(violations({}, { kind: "delete", target: 3 })).toEqual([1, 1]);
  expect(violations({}, { kind: "delete", target: 4 })).toEqual([0, 0]);
  expect(violations({}, { kind: "namespace", target: 0 })).toEqual([1, 1]);
  expect(violations({}, { kind: "namespace", target: 1 })).toEqual([0, 0]);
  expect(violations({}, { kind: "fixed tag", target: 3 })).toEqual([1, 1]);
  expect(violations({}, { kind: "fixed tag", target: 2 })).toEqual([0, 0]);
});

test("a tag that depends on the value counts where the value had it", () => {
  // Key 3 in version 4 has tag 7 % 4.
  expect(violations({}, { kind: "result tag", target: 3 })).toEqual([1, 1]);
  expect(violations({}, { kind: "result tag", target: 2 })).toEqual([0, 0]);
  expect(violations({ version: 3 }, { kind: "result tag", target: 2 })).toEqual([1, 1]);
  expect(violations({ key: 2 }, { kind: "result tag", target: 2 })).toEqual([0, 0]);
});

test("a purge that is owed counts in its own process alone", () => {
  expect(violations({}, { reached: false })).toEqual([1, 0]);
});

test("a later purge does not hide that an earlier one was missed", () => {
  const later = purge({ returned: 130, floors: all.map(() => 9) });
  expect(judge([journal([read({})], [later, purge({})])]).own).toHaveLength(1);
  expect(judge([journal([read({ version: 7, began: 140 })], [later, purge({})])]).own).toHaveLength(1);
  expect(judge([journal([read({ version: 7 })], [later, purge({})])]).own).toHaveLength(0);
});

test("a value that was set is ruled out by what began after that had returned, whatever its version", () => {
  const set = purge({ kind: "set", target: 3, began: 50, returned: 60, set: 8 });
  const reading = [read({ set: 8, version: 1 })];
  expect(judge([journal(reading, [set])]).own).toEqual([]);
  expect(judge([journal(reading, [set, purge({ began: 55 })])]).own).toEqual([]);
  expect(judge([journal(reading, [set, purge({ began: 61 })])]).own).toHaveLength(1);
  expect(judge([journal([read({ set: 9, version: 1 })], [purge({})])]).own).toEqual([]);
});

test("of the time since a purge, that is told apart in which the reader did not get to run", () => {
  const stalls: Stall[] = [
    [90, 115],
    [130, 140],
    [155, 170],
  ];
  const { others } = judge([journal([read({ began: 160 })], [], stalls), journal([], [purge({})])]);
  expect(others).toMatchObject([{ after: 50, stalled: 5 + 10 + 5 }]);
});
