import { describe, expect, test } from "vitest";
import { readArguments } from "../src/arguments.ts";
import { shuffled, zipf } from "../src/draws.ts";
import { bodyText, sizes, targetOf } from "../src/http/body.ts";
import { answeredIn } from "../src/http/wrk-client.ts";
import { coresIn, pinned } from "../src/machine.ts";
import { inFlight } from "../src/redis/in-flight.ts";
import { trafficIn } from "../src/redis/traffic.ts";
import { rateTable } from "../src/report.ts";
import { textOf } from "../src/text.ts";
import { timed } from "../src/timed.ts";

describe("arguments", () => {
  test("all suites and the long form by default", () => {
    expect(readArguments([])).toMatchObject({
      suites: ["http", "function", "redis", "scale", "memory"],
      rounds: 5,
      seconds: 1,
      short: false,
      only: [],
    });
  });

  test("the short form is short, unless more is asked for", () => {
    expect(readArguments(["--short"])).toMatchObject({ rounds: 2, seconds: 0.01, short: true });
    expect(readArguments(["http", "--short", "--rounds", "3", "--seconds", "0.5"])).toMatchObject({
      suites: ["http"],
      rounds: 3,
      seconds: 0.5,
    });
  });

  test.each([
    [["https"], '"https" is none of'],
    [["--rounds", "0"], "--rounds"],
    [["--rounds", "1.5"], "--rounds"],
    [["--seconds", "long"], "--seconds"],
    [["--seconds", "-1"], "--seconds"],
    [["--json", "all.json"], "--json"],
    [["--fast"], "--fast"],
  ])("%j is refused", (args, said) => {
    expect(() => readArguments(args)).toThrow(said);
  });
});

describe("draws", () => {
  test("the n-th most popular comes up an n-th as often as the first", () => {
    const counts = new Map<number, number>();
    for (const id of zipf(1_000, 200_000)) counts.set(id, (counts.get(id) ?? 0) + 1);
    const [first = 0, second = 0, , fourth = 0] = [...counts.values()].sort((left, right) => right - left);
    expect(first / second).toBeCloseTo(2, 0);
    expect(first / fourth).toBeCloseTo(4, 0);
    // 1/(1 + 1/2 + … + 1/1000) of all.
    expect(first / 200_000).toBeCloseTo(1 / 7.485, 2);
  });

  test("they are the same in every run, and the most popular key is not the first", () => {
    expect(zipf(100, 50)).toEqual(zipf(100, 50));
    expect(zipf(100, 50, 1)).not.toEqual(zipf(100, 50, 2));
    expect(Math.max(...zipf(100, 10_000))).toBeLessThan(100);
  });

  test("a shuffle has everything once", () => {
    const ids = shuffled(1_000);
    expect(ids).not.toEqual(Uint32Array.from({ length: 1_000 }, (_, id) => id));
    expect([...ids].sort((left, right) => left - right)).toEqual(Array.from({ length: 1_000 }, (_, id) => id));
  });
});

describe("what is timed", () => {
  test.each([1, 7])("goes round the order, %i at a time, and counts what it does", async (together) => {
    const asked: number[] = [];
    const subject = timed("a", async (id) => asked.push(id), Uint32Array.of(5, 6, 7), together, 21);
    const rate = await subject.measure(0.005);
    expect(asked.slice(0, 6)).toEqual([6, 7, 5, 6, 7, 5]);
    expect(asked.length % 21).toBe(0);
    // The clock is read shortly before and after what was counted.
    expect(rate).toBeGreaterThan(0);
    expect(rate).toBeLessThanOrEqual(asked.length / 0.005);
  });

  test("keeps as many in flight as it was told, and answers for all of them", async () => {
    let now = 0;
    let most = 0;
    let calls = 0;
    const get = async () => {
      calls++;
      most = Math.max(most, ++now);
      await new Promise((resolve) => setImmediate(resolve));
      now--;
    };
    const { done } = await inFlight(get, shuffled(10), 16, 0.01);
    expect({ most, now, done }).toEqual({ most: 16, now: 0, done: calls });
  });
});

describe("bodies", () => {
  test.each([
    ["small", "0"],
    ["small", "999"],
    ["large", "7"],
  ] as const)("%s, %s: as many bytes as promised, and told apart by the key", (size, key) => {
    const text = bodyText(size, key);
    expect(Buffer.byteLength(text)).toBe(sizes[size]);
    expect(JSON.parse(text)).toMatchObject({ key });
    expect(targetOf(size, key)).toBe(`/${size}/${key}`);
  });
});

describe("what other programs say", () => {
  test("the rate that wrk found", () => {
    const output = "  48801 requests in 1.00s, 64.23MB read\nRequests/sec:  48679.31\nTransfer/sec:     64.07MB\n";
    expect(answeredIn(output)).toEqual({ answers: 48_801, perSecond: 48_679.31 });
  });

  test.each([
    "  48801 requests in 1.00s, 64.23MB read\n  Non-2xx or 3xx responses: 7\nRequests/sec:  48679.31\n",
    "  48801 requests in 1.00s, 1MB read\n  Socket errors: connect 0, read 3, write 0, timeout 0\nRequests/sec: 48679\n",
    "  0 requests in 1.00s, 7.94KB read\nRequests/sec:      0.00\n",
    "unable to connect",
  ])("wrk's trouble is an error: %j", (output) => {
    expect(() => answeredIn(output)).toThrow("wrk says");
  });

  test("the traffic that Redis counts", () => {
    const info = "# Stats\r\ntotal_commands_processed:120\r\ntotal_reads_processed:11\r\n";
    expect(trafficIn(info)).toEqual({ commands: 120, reads: 11 });
    expect(trafficIn("# Stats").reads).toBeNaN();
  });

  test("the cores that a process may use", () => {
    expect(coresIn("0-2,5")).toEqual([0, 1, 2, 5]);
    expect(coresIn("3")).toEqual([3]);
    expect(coresIn("")).toEqual([]);
  });

  test("a command runs on one core, if there is a choice", () => {
    expect(pinned(1, "wrk", ["-t1"])).toEqual(["taskset", ["--cpu-list", "1", "wrk", "-t1"]]);
    expect(pinned(undefined, "wrk", ["-t1"])).toEqual(["wrk", ["-t1"]]);
  });
});

test("a report is a table for people", () => {
  const results = [
    { name: "floor", rates: [1_000_000], perSecond: 1_000_000, spread: 0, ratio: 1 },
    { name: "Cachette", rates: [912_345], perSecond: 912_345, spread: 0.034, ratio: 0.912 },
  ];
  const text = textOf({
    suite: "function",
    at: "2026-01-01T00:00:00.000Z",
    machine: {
      description: "a machine",
      node: "v24.0.0",
      platform: "linux",
      processor: "a processor",
      cores: 2,
      pinned: true,
    },
    settings: { rounds: 5, seconds: 1, short: false },
    tables: [rateTable("Hits", results)],
    notes: ["A note."],
  });
  expect(text).toBe(`# function

5 rounds of 1 s; a machine

## Hits

|          |     rate | spread | ratio |
| -------- | -------: | -----: | ----: |
| floor    | 1.00 M/s |     0% |  1.00 |
| Cachette |  912 k/s |     3% |  0.91 |

- A note.
`);
});
