import { judgeValidity } from "@cachette/core";
import { Redis } from "ioredis";
import { afterAll, afterEach, describe, expect, inject, test, vi } from "vitest";
import { type RedisBackendOptions, redisBackend } from "../src/index.ts";
import { removeAll, uniquePrefix } from "./support.ts";

const client = new Redis(inject("redisUrl"));
const prefix = uniquePrefix();
const tag = `{${prefix.replaceAll(":", "%3A")}`;
let scopes = 0;

/** A scope of its own for each test, as seen by one process or by several. */
function newScope(options?: RedisBackendOptions) {
  const name = `${scopes++}`;
  return {
    clock: `${tag}${name}}:clock`,
    label: (label: string) => `${tag}${name}}:label:${label}`,
    process: () => redisBackend(client, options).versions(prefix + name),
  };
}

afterEach(() => vi.restoreAllMocks());
afterAll(async () => {
  await removeAll(client, prefix);
  client.disconnect();
});

describe("what is kept", () => {
  test("is readable, in one slot, and only the labels expire", async () => {
    const { clock, label, process } = newScope();
    await process().advance(["t:user:1"], "hard");
    await process().advance(["t:user:1", "n:v1"], "soft");
    const epoch = (await process().read([])).mark.epoch;
    expect(await client.get(clock)).toBe(`${epoch}:2\n1h["t:user:1"]\n2s["t:user:1","n:v1"]`);
    expect(await client.get(label("t:user:1"))).toBe(`${epoch}:1:2`);
    expect(await client.get(label("n:v1"))).toBe(`${epoch}:1:2`);
    const month = 30 * 24 * 60 * 60 * 1_000;
    expect(await client.pttl(clock)).toBe(-1);
    expect(await client.pttl(label("n:v1"))).toBeGreaterThan(month - 60_000);
    expect(await client.pttl(label("n:v1"))).toBeLessThanOrEqual(month);
  });

  test("labels expire when the option says so, or never", async () => {
    for (const [labelTtl, least, most] of [
      ["1h", 3_590_000, 3_600_000],
      [Number.POSITIVE_INFINITY, -1, -1],
    ] as const) {
      const { label, process } = newScope({ labelTtl });
      await process().advance(["invalidated"], "hard");
      await process().read(["read"]);
      for (const name of ["invalidated", "read"]) {
        const left = await client.pttl(label(name));
        expect(left).toBeGreaterThanOrEqual(least);
        expect(left).toBeLessThanOrEqual(most);
      }
    }
  });

  test("a process that meets a label for the first time puts off its expiry, and leaves its stamps", async () => {
    const { label, process } = newScope();
    await process().advance(["a"], "hard");
    const value = await client.get(label("a"));
    await client.pexpire(label("a"), 10_000);
    await process().read(["a"]);
    expect(await client.pttl(label("a"))).toBeGreaterThan(1_000_000);
    expect(await client.get(label("a"))).toBe(value);
  });
});

describe("round trips", () => {
  test("one look at the clock for labels that are known, one script for those that are not", async () => {
    const { process } = newScope();
    const versions = process();
    await versions.read(["a", "b"]);
    const sent = vi.spyOn(client, "sendCommand");
    const countOf = (command: string) => sent.mock.calls.filter(([{ name }]) => name === command).length;
    const counts = () => [countOf("mget"), countOf("evalsha")];
    await versions.read(["a", "b"]);
    await versions.read(["b"]);
    await versions.read([]);
    expect(counts()).toEqual([3, 0]);
    await versions.advance(["a", "another"], "hard");
    expect(counts()).toEqual([3, 1]);
    await versions.read(["another", "a"]);
    expect(counts()).toEqual([4, 1]);
    await versions.read(["a", "new"]);
    expect(counts()).toEqual([5, 2]);
    expect(countOf("eval")).toBe(0);
  });

  test("none more after the purges of others, as the clock tells them, up to a number", async () => {
    const { process } = newScope();
    const [here, there] = [process(), process()];
    await here.read(["a", "b", "c"]);
    const sent = vi.spyOn(client, "sendCommand");
    const scripts = () => sent.mock.calls.filter(([{ name }]) => name === "evalsha").length;
    await there.advance(["a"], "hard");
    await there.advance(["b", "d"], "soft");
    sent.mockClear();
    const [a, b, c] = (await here.read(["a", "b", "c"])).stamps;
    expect([a, b, c]).toEqual([
      { hard: 1, soft: 0 },
      { hard: 0, soft: 2 },
      { hard: 0, soft: 0 },
    ]);
    expect(scripts()).toBe(0);
    for (let round = 0; round < 300; round++) await there.advance([`tag number ${round}`], "hard");
    await there.advance(["c"], "hard");
    sent.mockClear();
    expect((await here.read(["c"])).stamps).toEqual([{ hard: 303, soft: 0 }]);
    expect(scripts()).toBe(1);
  });

  test("the clock stays small, however many labels are invalidated at once", async () => {
    const { clock, process } = newScope();
    const [here, there] = [process(), process()];
    const labels = Array.from({ length: 1_000 }, (_, index) => `t:user:${index}`);
    await here.read(["t:user:1"]);
    for (let round = 0; round < 50; round++) await there.advance([`${round}`], "hard");
    expect(await client.strlen(clock)).toBeLessThan(2_200);
    await there.advance(labels, "hard");
    expect(await client.strlen(clock)).toBeLessThan(100);
    expect((await here.read(["t:user:1"])).stamps).toEqual([{ hard: 51, soft: 0 }]);
  });

  test("a server that has lost the script gets it again", async () => {
    const { process } = newScope();
    const versions = process();
    await versions.advance(["a"], "hard");
    await client.script("FLUSH");
    await versions.advance(["a"], "hard");
    expect((await versions.read(["a"])).stamps).toEqual([{ hard: 2, soft: 0 }]);
  });
});

describe("what was lost counts as invalidated", () => {
  test("a lost clock: a new epoch, and everything is void", async () => {
    const { clock, process } = newScope();
    const [here, there] = [process(), process()];
    await here.advance(["a"], "hard");
    const { mark } = await here.read(["a"]);
    await there.read(["a"]);
    await client.del(clock);
    const after = await here.read(["a"]);
    expect(after.mark.epoch).not.toBe(mark.epoch);
    expect(judgeValidity(mark, after)).toBe("void");
    expect((await there.read(["a"])).mark).toEqual(after.mark);
    expect(judgeValidity(after.mark, await there.read(["a"]))).toBe("valid");
  });

  test("a clock lost at an invalidation: a new epoch there too", async () => {
    const { clock, process } = newScope();
    const versions = process();
    const { mark } = await versions.read(["a"]);
    await client.del(clock);
    await versions.advance(["b"], "soft");
    expect(judgeValidity(mark, await versions.read(["a"]))).toBe("void");
  });

  test("a lost label: void to who did not know it, if anything was invalidated since; from then on as remembered", async () => {
    const { label, process } = newScope();
    let versions = process();
    await versions.advance(["a"], "hard");
    const { mark: before } = await versions.read(["a", "b"]);
    await versions.advance(["b"], "hard");
    const { mark: between } = await versions.read(["a", "b"]);
    expect(judgeValidity(before, await versions.read(["a"]))).toBe("valid");
    await client.del(label("a"));
    expect(judgeValidity(before, await versions.read(["a"]))).toBe("valid");
    versions = process();
    expect(judgeValidity(before, await versions.read(["a"]))).toBe("void");
    expect(judgeValidity(between, await versions.read(["a"]))).toBe("valid");
    await versions.advance(["b"], "hard");
    expect(judgeValidity(between, await versions.read(["a"]))).toBe("valid");
  });

  test("a lost label that is invalidated softly does not forget what it may have been before", async () => {
    const { label, process } = newScope();
    const versions = process();
    await versions.read(["a", "b"]);
    const { mark: before } = await versions.read([]);
    await versions.advance(["a"], "hard");
    const { mark: between } = await versions.read([]);
    await client.del(label("a"));
    await versions.advance(["a"], "soft");
    expect(judgeValidity(before, await versions.read(["a"]))).toBe("void");
    expect(judgeValidity(between, await versions.read(["a"]))).toBe("stale");
  });

  test("labels that outlived their clock say nothing", async () => {
    const { clock, process } = newScope();
    const versions = process();
    for (let round = 0; round < 5; round++) await versions.advance(["a"], "hard");
    await client.del(clock);
    const { mark, stamps } = await versions.read(["a"]);
    expect([mark.seq, stamps]).toEqual([0, [{ hard: 0, soft: 0 }]]);
  });

  test("labels that outlived their clock say nothing either when the new one has gone further", async () => {
    const { clock, process } = newScope();
    const versions = process();
    await versions.advance(["a", "b"], "hard");
    await client.del(clock);
    for (let round = 0; round < 5; round++) await versions.advance(["c"], "hard");
    expect((await versions.read(["a"])).stamps).toEqual([{ hard: 5, soft: 5 }]);
    await versions.advance(["b"], "soft");
    expect((await versions.read(["b"])).stamps).toEqual([{ hard: 5, soft: 6 }]);
  });

  test("stamps that the clock has not reached say nothing", async () => {
    const { label, process } = newScope();
    const versions = process();
    await versions.advance(["a"], "hard");
    const { epoch } = (await versions.read(["a"])).mark;
    for (const stamps of ["99:0", "0:99", "9007199254740993:0"]) {
      await client.set(label("a"), `${epoch}:${stamps}`);
      expect((await process().read(["a"])).stamps).toEqual([{ hard: 1, soft: 1 }]);
    }
  });

  test.each([
    ["text", (key: string) => client.set(key, "hello")],
    ["nothing", (key: string) => client.set(key, "")],
    ["bytes", (key: string) => client.set(key, Buffer.from([0xff, 0x00, 0xfe]))],
    ["a label's number that is not exact", (key: string) => client.set(key, "e:9007199254740993:9007199254740993")],
    ["a clock's number that is not exact", (key: string) => client.set(key, "e:9007199254740993")],
    ["a list", (key: string) => client.rpush(key, "hello")],
    ["a hash", (key: string) => client.hset(key, "hello", "world")],
  ])("%s in place of the clock or of a label is replaced", async (_what, put) => {
    const { clock, label, process } = newScope();
    const versions = process();
    await versions.read(["a", "b"]);
    const { mark } = await versions.read([]);
    await versions.advance(["b"], "hard");
    await client.del(label("a"));
    await put(label("a"));
    expect(judgeValidity(mark, await process().read(["a"]))).toBe("void");
    expect((await process().read(["a"])).stamps).toEqual([{ hard: 1, soft: 1 }]);
    await client.del(label("a"));
    await put(label("a"));
    await versions.advance(["a"], "soft");
    expect((await versions.read(["a"])).stamps).toEqual([{ hard: 1, soft: 2 }]);

    await client.del(clock);
    await put(clock);
    const after = await versions.read(["a"]);
    expect(after.mark.epoch).not.toBe(mark.epoch);
    await client.del(clock);
    await put(clock);
    await versions.advance(["a"], "hard");
    const last = await versions.read(["a"]);
    expect(new Set([mark.epoch, after.mark.epoch, last.mark.epoch]).size).toBe(3);
  });
});

describe("a clock that was set back, as by a replica that takes over without the last writes", () => {
  test("is found out by who has seen it later, at a reading", async () => {
    const { clock, process } = newScope();
    const versions = process();
    await versions.advance(["a"], "hard");
    const { mark: early } = await versions.read(["a"]);
    const saved = (await client.get(clock)) ?? "";
    await versions.advance(["b"], "hard");
    await versions.read(["a"]);
    await client.set(clock, saved);
    const after = await versions.read(["a"]);
    expect(after.mark.epoch).not.toBe(early.epoch);
    expect(judgeValidity(early, after)).toBe("void");
    expect(judgeValidity(early, await process().read(["a"]))).toBe("void");
  });

  test("is found out at an invalidation, before it catches up", async () => {
    const { clock, process } = newScope();
    const versions = process();
    const { mark: early } = await versions.read(["a"]);
    const saved = (await client.get(clock)) ?? "";
    await versions.advance(["b"], "hard");
    await client.set(clock, saved);
    await versions.advance(["c"], "hard");
    expect(judgeValidity(early, await versions.read(["a"]))).toBe("void");
  });

  test("is not found out by who has seen no more, and it goes on", async () => {
    const { clock, process } = newScope();
    const [here, there] = [process(), process()];
    const { mark } = await here.read(["a"]);
    const saved = (await client.get(clock)) ?? "";
    await there.advance(["b"], "hard");
    await client.set(clock, saved);
    expect((await here.read(["a"])).mark).toEqual(mark);
    expect((await there.read(["a"])).mark.epoch).not.toBe(mark.epoch);
  });

  test("an epoch that was given up does not come back, however far it had gone", async () => {
    const { clock, process } = newScope();
    const versions = process();
    for (let round = 0; round < 3; round++) await versions.advance(["a"], "hard");
    const { mark: first } = await versions.read(["a"]);
    await client.del(clock);
    const { mark: second } = await versions.read(["a"]);
    await client.set(clock, `${first.epoch}:9`);
    const third = await versions.read(["a"]);
    expect([first.epoch, second.epoch]).not.toContain(third.mark.epoch);
    await client.set(clock, `${second.epoch}:9`);
    await versions.advance(["a"], "hard");
    const fourth = await versions.read(["a"]);
    expect([first.epoch, second.epoch, third.mark.epoch]).not.toContain(fourth.mark.epoch);
    expect(judgeValidity(first, fourth)).toBe("void");
  });
});

test("processes that begin at the same time agree on one epoch", async () => {
  const { process } = newScope();
  const readings = await Promise.all(Array.from({ length: 20 }, () => process().read(["a"])));
  expect(new Set(readings.map(({ mark }) => mark.epoch)).size).toBe(1);
});
