import { expect, test } from "vitest";
import { PurgeLog } from "./purge-log.ts";

test("tells which labels were purged after a moment", () => {
  const log = new PurgeLog();
  log.add(["a", "b"]);
  const between = log.count;
  log.add(["b", "c"]);
  expect(["a", "b", "c", "d"].filter((label) => log.touchedSince(0, [label]))).toEqual(["a", "b", "c"]);
  expect(["a", "b", "c", "d"].filter((label) => log.touchedSince(between, [label]))).toEqual(["b", "c"]);
  expect(log.touchedSince(between, ["a", "d", "c"])).toBe(true);
  expect(log.touchedSince(between, [])).toBe(false);
  expect(log.touchedSince(log.count, ["a", "b", "c", "d"])).toBe(false);
});

test("remembers the last thousand labels; others may have been purged as late as the last one it forgot", () => {
  const log = new PurgeLog();
  for (let index = 0; index < 1_000; index++) log.add([`${index}`]);
  log.add(["0"]);
  expect(log.touchedSince(0, ["never purged"])).toBe(false);
  log.add(["one more"]);
  expect(log.touchedSince(0, ["never purged"])).toBe(true);
  expect(log.touchedSince(1, ["1"])).toBe(true);
  expect(log.touchedSince(2, ["1", "never purged"])).toBe(false);
  expect(log.touchedSince(1_000, ["0"])).toBe(true);
});
