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

/** As a reading does: a key, and the clock. */
function lookUp(batch: Batch, key: string): Promise<Buffer | null> {
  const question = batch.with(2);
  question.add("clock");
  return question.valueAt(question.add(key));
}

const turn = () => new Promise(process.nextTick);

const valuesOf = async (keys: string[]) => keys.map((key) => (key === "none" ? null : Buffer.from(key)));

test("asks once for all that is wanted before the event loop goes on, each key once", async () => {
  const mget = vi.fn(valuesOf);
  const batch = batchOn({ mget });
  // As for requests whose octets came at the same time: each has a turn of its own.
  const first = [batch.get("a"), batch.get("none"), batch.get("a")];
  const later = turn().then(() => batch.get("b"));
  expect(await Promise.all([...first, later])).toEqual([Buffer.from("a"), null, Buffer.from("a"), Buffer.from("b")]);
  expect(mget.mock.calls).toEqual([[["a", "none", "b"]]]);
});

test("asks at once for what comes alone, as long as that goes on", async () => {
  const mget = vi.fn(valuesOf);
  const batch = batchOn({ mget });
  const asked = () => mget.mock.calls.map(([keys]) => keys.slice(1).join(""));
  await lookUp(batch, "a");
  let answer = () => {};
  const held = new Promise<void>((resolve) => {
    answer = resolve;
  });
  mget.mockImplementationOnce((keys) => held.then(() => valuesOf(keys)));
  const alone = lookUp(batch, "b");
  await turn();
  expect(asked()).toEqual(["a", "b"]);
  // Somebody waits already, so more may come.
  const beside = ["c", "d"].map((key) => lookUp(batch, key));
  await turn();
  expect(asked()).toEqual(["a", "b"]);
  answer();
  await Promise.all([alone, ...beside]);
  const together = lookUp(batch, "f");
  await turn();
  await Promise.all([together, lookUp(batch, "g")]);
  expect(asked()).toEqual(["a", "b", "cd", "fg"]);
});

test("asks whatever becomes of timers in tests", async () => {
  vi.useFakeTimers();
  try {
    const batch = batchOn({ mget: valuesOf });
    expect(String(await lookUp(batch, "a"))).toBe("a");
    expect(String(await lookUp(batch, "b"))).toBe("b");
  } finally {
    vi.useRealTimers();
  }
});

test("sends what is asked for when told to, and each question once", async () => {
  const mget = vi.fn(valuesOf);
  const batch = batchOn({ mget });
  batch.flush();
  const first = batch.get("a");
  batch.flush();
  expect(mget).toHaveBeenCalledTimes(1);
  const second = batch.get("b");
  batch.with(1);
  expect((await Promise.all([first, second])).map(String)).toEqual(["a", "b"]);
  batch.with(1);
  await new Promise(setImmediate);
  expect(mget).toHaveBeenCalledTimes(2);
});

test("what had been sent by then does not send what was asked for after it", async () => {
  const mget = vi.fn(valuesOf);
  const batch = batchOn({ mget });
  const first = batch.get("a");
  const before = new Promise((resolve) => {
    setImmediate(() => resolve(mget.mock.calls.length));
  });
  batch.flush();
  const second = batch.get("b");
  expect(await before).toBe(1);
  await Promise.all([first, second]);
  expect(mget.mock.calls).toEqual([[["a"]], [["b"]]]);
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
    for (const key of keys.slice(0, 254)) question.add(key);
    expect(batch.with(2)).toBe(question);
    expect(batch.with(3)).not.toBe(question);
  });
});

describe("where keys live apart, what comes alone", () => {
  test("does not wait, and what comes together does, as one question", async () => {
    const get = vi.fn(async (key: string) => Buffer.from(key));
    const batch = batchOn({ get }, true);
    await lookUp(batch, "a");
    const alone = lookUp(batch, "b");
    await turn();
    expect(get.mock.calls.flat()).toEqual(["clock", "a", "clock", "b"]);
    await alone;
    get.mockClear();
    const first = lookUp(batch, "c");
    await turn();
    const others = [lookUp(batch, "d")];
    await turn();
    others.push(lookUp(batch, "e"));
    await Promise.all([first, ...others]);
    expect(get.mock.calls.flat()).toEqual(["clock", "c", "clock", "d", "e"]);
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
