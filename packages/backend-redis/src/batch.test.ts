import type { Command } from "ioredis";
import { describe, expect, test, vi } from "vitest";
import { Batch } from "./batch.ts";
import { Connection } from "./connection.ts";

interface Fakes {
  readonly status?: string;
  mget?(keys: string[]): Promise<unknown>;
  get?(key: string): Promise<unknown>;
}

function batchOn({ mget, get, status = "ready" }: Fakes, apart = false): Batch {
  const sendCommand = async ({ name, args }: Command) =>
    name === "mget" ? mget?.(args as string[]) : get?.(args[0] as string);
  return new Batch(
    new Connection({ status, on: () => {}, off: () => {}, connect: async () => {}, sendCommand }),
    apart,
  );
}

const valuesOf = async (keys: string[]) => keys.map((key) => (key === "none" ? null : Buffer.from(key)));

test("asks once for all that is wanted before the event loop goes on, each key once", async () => {
  const mget = vi.fn(valuesOf);
  const batch = batchOn({ mget });
  // As for requests whose octets came at the same time: each has a turn of its own.
  const first = [batch.get("a"), batch.get("none"), batch.get("a")];
  const later = new Promise(process.nextTick).then(() => batch.get("b"));
  expect(await Promise.all([...first, later])).toEqual([Buffer.from("a"), null, Buffer.from("a"), Buffer.from("b")]);
  expect(mget.mock.calls).toEqual([[["a", "none", "b"]]]);
});

test("asks at once for what comes alone, as long as that goes on", async () => {
  const mget = vi.fn(valuesOf);
  const batch = batchOn({ mget });
  const asked = () => mget.mock.calls.map(([keys]) => keys.join(""));
  const turn = () => new Promise(process.nextTick);
  await batch.get("a");
  let answer = () => {};
  const held = new Promise<void>((resolve) => {
    answer = resolve;
  });
  mget.mockImplementationOnce((keys) => held.then(() => valuesOf(keys)));
  const alone = batch.get("b");
  await turn();
  expect(asked()).toEqual(["a", "b"]);
  // Somebody waits already, so more may come.
  const beside = [batch.get("c"), batch.get("d"), batch.get("e")];
  await turn();
  expect(asked()).toEqual(["a", "b"]);
  answer();
  await Promise.all([alone, ...beside]);
  const together = batch.get("f");
  await turn();
  await Promise.all([together, batch.get("g")]);
  expect(asked()).toEqual(["a", "b", "cde", "fg"]);
});

test("asks whatever becomes of timers in tests", async () => {
  vi.useFakeTimers();
  try {
    expect(String(await batchOn({ mget: valuesOf }).get("a"))).toBe("a");
  } finally {
    vi.useRealTimers();
  }
});

test("what is asked for after it was sent is asked for again", async () => {
  const mget = vi.fn(valuesOf);
  const batch = batchOn({ mget });
  const first = batch.get("a");
  const question = batch.with(1);
  expect(batch.with(1)).toBe(question);
  await new Promise(setImmediate);
  expect(batch.with(1)).not.toBe(question);
  await Promise.all([first, batch.get("a")]);
  expect(mget).toHaveBeenCalledTimes(2);
});

describe("many keys", () => {
  const keys = Array.from({ length: 600 }, (_, index) => `${index}`);

  test("go in several commands, each of as many as are on their way", async () => {
    const mget = vi.fn(valuesOf);
    const batch = batchOn({ mget });
    for (let time = 0; time < 2; time++) {
      mget.mockClear();
      expect((await Promise.all(keys.map((key) => batch.get(key)))).map(String)).toEqual(keys);
      expect(mget.mock.calls.map(([asked]) => asked.length)).toEqual([32, 32, 64, 128, 256, 88]);
    }
  });

  test("no longer count as on their way once that has failed", async () => {
    const mget = vi.fn(valuesOf).mockRejectedValueOnce(new Error("broken"));
    const batch = batchOn({ mget });
    await Promise.allSettled(keys.slice(0, 100).map((key) => batch.get(key)));
    mget.mockClear();
    await Promise.all(keys.slice(0, 100).map((key) => batch.get(key)));
    expect(mget.mock.calls.map(([asked]) => asked.length)).toEqual([32, 32, 36]);
  });

  test("are one question, to which the clock belongs, where keys live apart", async () => {
    const batch = batchOn({ get: async () => null }, true);
    const question = batch.with(2);
    for (const key of keys.slice(0, 250)) question.add(key);
    expect(batch.with(2)).toBe(question);
  });
});

test("asks for each on its own where keys live apart", async () => {
  const get = vi.fn(async (key: string) => Buffer.from(key));
  const batch = batchOn({ get }, true);
  expect((await Promise.all([batch.get("a"), batch.get("b"), batch.get("a")])).map(String)).toEqual(["a", "b", "a"]);
  expect(get).toHaveBeenCalledTimes(2);
});

describe("a failure", () => {
  test("reaches all who asked, and nobody after", async () => {
    const mget = vi.fn(valuesOf).mockRejectedValueOnce(new Error("broken"));
    const batch = batchOn({ mget });
    const outcomes = await Promise.allSettled([batch.get("a"), batch.get("b")]);
    expect(outcomes.map(({ status }) => status)).toEqual(["rejected", "rejected"]);
    expect(String(await batch.get("a"))).toBe("a");
  });

  test("of one key reaches who asked for that one, where keys live apart", async () => {
    const get = async (key: string) => {
      if (key === "broken") throw new Error("broken");
      return key === "none" ? null : Buffer.from(key);
    };
    const batch = batchOn({ get }, true);
    const outcomes = await Promise.allSettled(["a", "broken", "none", "broken", "b"].map((key) => batch.get(key)));
    expect(outcomes.map((outcome) => (outcome.status === "rejected" ? "failed" : outcome.value?.toString()))).toEqual([
      "a",
      "failed",
      undefined,
      "failed",
      "b",
    ]);
  });

  test("of the connection as well", async () => {
    const batch = batchOn({ status: "end" });
    await expect(batch.get("a")).rejects.toMatchObject({ code: "BACKEND_UNAVAILABLE" });
  });
});
