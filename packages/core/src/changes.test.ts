import { expect, test } from "vitest";
import { Changes } from "./changes.ts";

const turn = () => new Promise<void>((resolve) => setImmediate(resolve));

test("a change knows whether another one of its key came after it", async () => {
  const changes = new Changes();
  const seen: unknown[] = [];
  const make = (key: string, name: string) =>
    changes.make(key, async (later) => {
      await turn();
      seen.push([name, later()]);
      return name;
    });
  const first = make("k", "first");
  const elsewhere = make("l", "elsewhere");
  const second = make("k", "second");
  expect(await Promise.all([first, elsewhere, second])).toEqual(["first", "elsewhere", "second"]);
  expect(seen).toEqual([
    ["first", second],
    ["elsewhere", undefined],
    ["second", undefined],
  ]);
});

test("of three, each knows the last one", async () => {
  const changes = new Changes();
  const gate = turn();
  const others: unknown[] = [];
  const make = () =>
    changes.make("k", async (later) => {
      await gate;
      others.push(later());
    });
  const [, , third] = [make(), make(), make()];
  await third;
  expect(others).toEqual([third, third, undefined]);
});

test("one that ended before is gone, but not forgotten by those it overtook", async () => {
  const changes = new Changes();
  let found: unknown;
  const slow = changes.make("k", async (later) => {
    await turn();
    await turn();
    found = later();
  });
  await changes.make("k", async () => {});
  await slow;
  await expect(found).resolves.toBeUndefined();
});

test("a change that fails is like any other, and goes unnoticed by nobody but its maker", async () => {
  const changes = new Changes();
  const error = new Error("no");
  await expect(
    changes.make("k", async () => {
      throw error;
    }),
  ).rejects.toBe(error);
  let later: unknown = "not asked";
  await changes.make("k", async (ask) => {
    await turn();
    later = ask();
  });
  expect(later).toBeUndefined();
});
