import { judgeValidity } from "@cachette/core";
import { expect, test } from "vitest";
import { memoryBackend } from "./memory-backend.ts";
import { MemoryVersions } from "./memory-versions.ts";

const stampOf = (versions: MemoryVersions, label: string) => versions.read([label]).stamps[0];

test("reports a label never invalidated as never stamped", () => {
  const versions = new MemoryVersions(10);
  versions.advance(["a"], "hard");
  expect(stampOf(versions, "b")).toEqual({ hard: 0, soft: 0 });
});

test("forgets the oldest invalidations, and what is forgotten counts as invalidated", () => {
  const versions = new MemoryVersions(3);
  const before = versions.current;
  versions.advance(["a"], "hard");
  versions.advance(["b"], "soft");
  const between = versions.current;
  for (const label of ["c", "d", "e"]) versions.advance([label], "hard");
  expect(stampOf(versions, "c")).toEqual({ hard: 3, soft: 0 });
  expect(stampOf(versions, "a")).toEqual({ hard: 1, soft: 2 });
  expect(stampOf(versions, "never invalidated")).toEqual({ hard: 1, soft: 2 });
  expect(judgeValidity(before, versions.read(["a"]))).toBe("void");
  expect(judgeValidity(before, versions.read(["never invalidated"]))).toBe("void");
  expect(judgeValidity(between, versions.read(["never invalidated"]))).toBe("valid");
});

test("a label invalidated again is not among the oldest", () => {
  const versions = new MemoryVersions(2);
  for (const label of ["a", "b", "a", "c"]) versions.advance([label], "hard");
  expect(stampOf(versions, "a")).toEqual({ hard: 3, soft: 0 });
  expect(stampOf(versions, "b")).toEqual({ hard: 2, soft: 0 });
  expect(stampOf(versions, "never invalidated")).toEqual({ hard: 2, soft: 0 });
});

test("a forgotten label that is stamped again keeps what it was stamped with before", () => {
  const versions = new MemoryVersions(1);
  versions.advance(["a"], "hard");
  versions.advance(["b"], "hard");
  versions.advance(["a"], "soft");
  expect(stampOf(versions, "a")).toEqual({ hard: 1, soft: 3 });
});

test("remembers no more labels than it may, however many are invalidated at once", () => {
  const versions = new MemoryVersions(100);
  const labels = Array.from({ length: 1_000 }, (_, index) => `${index}`);
  versions.advance(labels, "hard");
  versions.advance(["last"], "soft");
  expect(stampOf(versions, "never invalidated")).toEqual({ hard: 1, soft: 0 });
  expect(stampOf(versions, "0")).toEqual({ hard: 1, soft: 0 });
});

test("a small backend remembers fewer labels than a large one", () => {
  const labels = Array.from({ length: 2_000 }, (_, index) => `${index}`);
  for (const [maxBytes, floor] of [
    ["64kb", 1],
    ["64mb", 0],
  ] as const) {
    const versions = memoryBackend({ maxBytes }).versions("scope");
    versions.advance(labels, "hard");
    expect(stampOf(versions, "never invalidated")).toEqual({ hard: floor, soft: 0 });
  }
});

test("every clock has a name of its own", () => {
  const names = [1, 2, 3].map(() => new MemoryVersions(10).current.epoch);
  expect(new Set(names).size).toBe(3);
});
