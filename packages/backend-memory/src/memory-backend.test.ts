import { isCachetteError } from "@cachette/core";
import { manualClock } from "@cachette/testing";
import { describe, expect, test } from "vitest";
import { type MemoryBackendOptions, memoryBackend } from "./memory-backend.ts";

const forever = Number.POSITIVE_INFINITY;
const value = (name: string) => ({ name });

describe("options", () => {
  test.each([
    [undefined, "options"],
    [{}, "maxBytes"],
    [{ maxBytes: undefined, maxEntries: undefined }, "maxBytes"],
    [{ maxBytes: 0 }, "maxBytes"],
    [{ maxBytes: "0mb" }, "maxBytes"],
    [{ maxBytes: "64 mb" }, "maxBytes"],
    [{ maxBytes: Number.POSITIVE_INFINITY }, "maxBytes"],
    [{ maxEntries: 0 }, "maxEntries"],
    [{ maxEntries: -1 }, "maxEntries"],
    [{ maxEntries: 1.5 }, "maxEntries"],
    [{ maxEntries: Number.POSITIVE_INFINITY }, "maxEntries"],
    [{ maxEntries: 2 ** 24 }, "maxEntries"],
    [{ maxBytes: "1mb", maxEntries: "10" }, "maxEntries"],
    [{ maxBytes: "1mb", maxEntrys: 10 }, "maxEntrys"],
  ])("%o is refused because of %s", (options, option) => {
    expect(() => memoryBackend(options as MemoryBackendOptions)).toThrow(
      expect.objectContaining({ code: "OPTION_INVALID", option }),
    );
  });

  test("the error names both ways to bound it", () => {
    try {
      memoryBackend({} as MemoryBackendOptions);
      expect.unreachable();
    } catch (error) {
      expect(isCachetteError(error, "OPTION_INVALID") && error.message).toMatch(/maxBytes.*maxEntries/);
    }
  });
});

describe("bounds", () => {
  test("by entries: what was read is spared", () => {
    const backend = memoryBackend({ maxEntries: 3 });
    for (const key of ["a", "b", "c"]) backend.set(key, value(key), { expiresAt: forever, size: 1 });
    backend.get("a");
    backend.set("d", value("d"), { expiresAt: forever, size: 1 });
    expect(["a", "b", "c", "d"].filter((key) => backend.get(key) !== undefined)).toEqual(["a", "c", "d"]);
    expect(backend.size).toBe(3);
  });

  test("by bytes: as many as fit, as their sizes were given", () => {
    const backend = memoryBackend({ maxBytes: "1kb" });
    for (let index = 0; index < 100; index++) backend.set(`${index}`, value("v"), { expiresAt: forever, size: 100 });
    expect(backend.size).toBe(10);
    expect(backend.bytes).toBe(1_000);
    backend.set("99", value("smaller"), { expiresAt: forever, size: 50 });
    expect(backend.bytes).toBe(950);
  });

  test("by both: whichever is reached first", () => {
    const backend = memoryBackend({ maxBytes: 1_000, maxEntries: 5 });
    for (let index = 0; index < 10; index++) backend.set(`${index}`, value("v"), { expiresAt: forever, size: 10 });
    expect([backend.size, backend.bytes]).toEqual([5, 50]);
    backend.set("large", value("v"), { expiresAt: forever, size: 980 });
    expect([backend.size, backend.bytes]).toEqual([3, 1_000]);
  });

  test("bytes are counted without a bound on them too", () => {
    const backend = memoryBackend({ maxEntries: 5 });
    backend.set("a", value("a"), { expiresAt: forever, size: 70 });
    expect(backend.bytes).toBe(70);
  });

  test("a value larger than the bound is not kept, nor is the one before it, and others stay", () => {
    const backend = memoryBackend({ maxBytes: 1_000 });
    backend.set("a", value("a"), { expiresAt: forever, size: 100 });
    backend.set("b", value("old"), { expiresAt: forever, size: 100 });
    backend.set("b", value("large"), { expiresAt: forever, size: 1_001 });
    expect(backend.get("a")).toEqual(value("a"));
    expect(backend.get("b")).toBeUndefined();
    expect(backend.bytes).toBe(100);
  });

  test.each([0, 0.5, 10.2])("a size of %d is counted as whole bytes, at least one", (size) => {
    const backend = memoryBackend({ maxBytes: 1_000 });
    backend.set("a", value("a"), { expiresAt: forever, size });
    expect(backend.bytes).toBe(Math.max(1, Math.ceil(size)));
  });
});

describe("expiry", () => {
  test("what has expired is swept up by later sets, wherever it lies", async () => {
    const clock = manualClock();
    const backend = memoryBackend({ maxEntries: 10_000, clock });
    const put = (key: string, ttl: number) => backend.set(key, value(key), { expiresAt: clock.now() + ttl, size: 10 });
    for (let index = 0; index < 1_000; index++) put(`${index}`, index % 2 ? 1_000 : 100_000);
    await clock.advance(1_000);
    expect(backend.size).toBe(1_000);
    for (let round = 0; round < 300; round++) put("one and the same", 100_000);
    expect(backend.size).toBe(501);
    expect(backend.bytes).toBe(5_010);
  });

  test("the sweep gets through although entries are used and removed on its way", async () => {
    const clock = manualClock();
    const backend = memoryBackend({ maxEntries: 10_000, clock });
    const put = (key: string, ttl: number) => backend.set(key, value(key), { expiresAt: clock.now() + ttl, size: 10 });
    for (let index = 0; index < 1_000; index++) put(`dead ${index}`, 1_000);
    for (let index = 0; index < 100; index++) put(`live ${index}`, 1_000_000);
    await clock.advance(1_000);
    for (let round = 0; round < 1_000; round++) {
      backend.get(`live ${(round * 7) % 100}`);
      backend.get(`dead ${(round * 13) % 1_000}`);
      backend.delete(`dead ${round}`);
      put(`new ${round % 10}`, 1_000_000);
      if (round % 100 === 0) backend.delete(`new ${round % 10}`);
    }
    expect(backend.size).toBe(110);
  });

  test("memory stays within its bound and gives back what has expired, over a long time", async () => {
    const clock = manualClock();
    const backend = memoryBackend({ maxBytes: 100_000, clock });
    let largest = 0;
    for (let hour = 0; hour < 24; hour++) {
      for (let index = 0; index < 2_000; index++) {
        const expiresAt = clock.now() + 1_000 * (index % 100);
        backend.set(`${hour}:${index % 700}`, value("v"), { expiresAt, size: 100 + (index % 50) });
        largest = Math.max(largest, backend.bytes);
      }
      await clock.advance("1h");
    }
    expect(largest).toBeLessThanOrEqual(100_000);
    for (let index = 0; index < 500; index++) backend.set("last", value("v"), { expiresAt: forever, size: 100 });
    expect(backend.size).toBe(1);
  });

  test("what has expired before it is set is not kept", () => {
    const clock = manualClock();
    const backend = memoryBackend({ maxEntries: 10, clock });
    backend.set("a", value("a"), { expiresAt: clock.now() + 1, size: 1 });
    backend.set("a", value("b"), { expiresAt: clock.now(), size: 1 });
    expect(backend.get("a")).toBeUndefined();
    expect(backend.size).toBe(0);
  });
});

test("answers everything at once", () => {
  const backend = memoryBackend({ maxEntries: 10 });
  expect(backend.set("a", value("a"), { expiresAt: forever, size: 1 })).toBeUndefined();
  expect(backend.get("a")).toEqual(value("a"));
  expect(backend.delete("a")).toBe(true);
  const versions = backend.versions("scope");
  expect(versions.current).toMatchObject({ seq: 0 });
  expect(versions.read(["a"])).toEqual({ mark: versions.current, stamps: [{ hard: 0, soft: 0 }] });
  expect(versions.advance(["a"], "hard")).toBeUndefined();
});

test("holds nothing any more once it is closed", () => {
  const backend = memoryBackend({ maxEntries: 10 });
  backend.set("a", value("a"), { expiresAt: forever, size: 1 });
  backend.close();
  backend.set("b", value("b"), { expiresAt: forever, size: 1 });
  expect(backend.size).toBe(0);
});
