import type { Receiver } from "@cachette/core";
import { expect, test, vi } from "vitest";
import { Question } from "./batch.ts";
import { Look } from "./look.ts";

type Told = Receiver<Uint8Array | undefined> & { readonly told: unknown[] };

function receiver(): Told {
  const told: unknown[] = [];
  return { told, arrived: (value) => void told.push(value && String(value)), failed: (error) => void told.push(error) };
}

/** A question whose values are the keys themselves, except that there is nothing under `none`. */
function asked(question: Question): void {
  question.ask(async (keys) => keys.map((key) => (key === "none" ? null : Buffer.from(key))));
}

const turn = () => new Promise((resolve) => setImmediate(resolve));

test("tells everybody what is under the key, once the clock is known", async () => {
  const question = new Question();
  let know: (known: boolean) => void = () => {};
  const known = new Promise<boolean>((resolve) => {
    know = resolve;
  });
  const findOut = vi.fn(async () => {});
  const look = new Look(question, known, findOut);
  const [one, other, none] = [receiver(), receiver(), receiver()];
  look.add("a", one);
  look.add("none", none);
  look.add("a", other);
  asked(question);
  await turn();
  expect(one.told).toEqual([]);
  know(true);
  await turn();
  expect([one, other, none].map(({ told }) => told)).toEqual([["a"], ["a"], [undefined]]);
  expect(findOut).not.toHaveBeenCalled();
});

test("finds out once for all where the clock cannot be gone by, before anybody is told", async () => {
  const question = new Question();
  const [one, other] = [receiver(), receiver()];
  const findOut = vi.fn(async () => {
    await turn();
    expect([one.told, other.told]).toEqual([[], []]);
  });
  const look = new Look(question, Promise.resolve(false), findOut);
  look.add("a", one);
  look.add("b", other);
  asked(question);
  await turn();
  await turn();
  expect([one.told, other.told]).toEqual([["a"], ["b"]]);
  expect(findOut).toHaveBeenCalledTimes(1);
});

test("holds on to nothing once everybody was told, nor where it has failed", async () => {
  for (const known of [async () => true, () => Promise.reject(new Error("no"))]) {
    const question = new Question();
    const look = new Look(question, known(), async () => {});
    look.add("a", receiver());
    asked(question);
    expect(look.isAlong(question)).toBe(true);
    await turn();
    expect(look.isAlong(question)).toBe(false);
  }
});

test("finds out nothing where only the clock was asked for", async () => {
  const findOut = vi.fn(async () => {});
  new Look(new Question(), Promise.resolve(false), findOut);
  await turn();
  expect(findOut).not.toHaveBeenCalled();
});

test.each<[string, () => Promise<boolean>, () => Promise<void>]>([
  ["the clock", () => Promise.reject(new Error("no")), async () => {}],
  ["what finds it out", async () => false, () => Promise.reject(new Error("no"))],
])("everybody hears that %s has failed, and nobody else", async (_what, known, findOut) => {
  const look = new Look(new Question(), known(), findOut);
  const [one, other] = [receiver(), receiver()];
  look.add("a", one);
  look.add("b", other);
  await turn();
  expect([one.told, other.told]).toEqual([[new Error("no")], [new Error("no")]]);
});

test("where keys live apart, each hears of its own", async () => {
  const question = new Question();
  const look = new Look(question, Promise.resolve(true), async () => {});
  const [one, other] = [receiver(), receiver()];
  look.add("a", one);
  look.add("b", other);
  question.ask((keys) =>
    keys.map(async (key) => {
      if (key === "b") throw new Error("no");
      return Buffer.from(key);
    }),
  );
  await turn();
  expect([one.told, other.told]).toEqual([["a"], [new Error("no")]]);
});
