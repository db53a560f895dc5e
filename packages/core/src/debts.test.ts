import { expect, test } from "vitest";
import { Debts } from "./debts.ts";

const contents = ({ hard, soft, keys }: Debts) => ({ hard: [...hard], soft: [...soft], keys: [...keys] });

test("nothing is owed at first", () => {
  expect(new Debts("*").pending).toBe(false);
});

test.each<[string, (debts: Debts) => void]>([
  ["a label", (debts) => debts.addLabels(["a"], "hard")],
  ["a label to be stale", (debts) => debts.addLabels(["a"], "soft")],
  ["a key", (debts) => debts.addKey("k")],
])("%s is a debt", (_what, add) => {
  const debts = new Debts("*");
  add(debts);
  expect(debts.pending).toBe(true);
});

test("each is kept once, by its kind", () => {
  const debts = new Debts("*");
  for (let round = 0; round < 2; round++) {
    debts.addLabels(["a", "b"], "hard");
    debts.addLabels(["b"], "soft");
    debts.addKey("k");
  }
  expect(contents(debts)).toEqual({ hard: ["a", "b"], soft: ["b"], keys: ["k"] });
});

test("what was taken is owed no more until it is handed back, beside what came in meanwhile", () => {
  const debts = new Debts("*");
  debts.addLabels(["a"], "hard");
  debts.addLabels(["s"], "soft");
  debts.addKey("k");
  const taken = debts.take();
  expect(debts.pending).toBe(false);
  expect(contents(taken)).toEqual({ hard: ["a"], soft: ["s"], keys: ["k"] });
  debts.addKey("l");
  debts.restore(taken);
  expect(contents(debts)).toEqual({ hard: ["a"], soft: ["s"], keys: ["l", "k"] });
});

test("too many become one that covers them all", () => {
  const debts = new Debts("*");
  for (let index = 0; index < 500; index++) debts.addKey(`${index}`);
  debts.addLabels(
    Array.from({ length: 500 }, (_, index) => `${index}`),
    "soft",
  );
  expect(debts.keys.size + debts.soft.size).toBe(1_000);
  debts.addKey("one more");
  expect(contents(debts)).toEqual({ hard: ["*"], soft: [], keys: [] });
  for (let index = 0; index < 5_000; index++) debts.addKey(`${index}`);
  expect(debts.hard).toContain("*");
  expect(debts.keys.size).toBeLessThanOrEqual(1_000);
});

test("stays bounded when they are handed back", () => {
  const debts = new Debts("*");
  for (let index = 0; index < 900; index++) debts.addKey(`a${index}`);
  const taken = debts.take();
  for (let index = 0; index < 900; index++) debts.addKey(`b${index}`);
  debts.restore(taken);
  expect(debts.hard).toContain("*");
  expect(debts.keys.size).toBeLessThanOrEqual(1_000);
});
