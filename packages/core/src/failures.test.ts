import { expect, test } from "vitest";
import { Failures } from "./failures.ts";

const lookup = { kind: "lookup", mark: undefined, exact: false, purges: 0 } as const;
const failure = (error: unknown, at = 0) => ({ error, at, lookup, labels: ["*"] });

test("a failure is known for as long as asked", () => {
  const failures = new Failures();
  expect(failures.recent("a", 1_000, 0)).toBeUndefined();
  failures.set("a", failure("no", 10));
  expect(failures.recent("a", 1_000, 10)?.error).toBe("no");
  expect(failures.recent("a", 1_000, 1_009)?.error).toBe("no");
  expect(failures.recent("a", 1_000, 1_010)).toBeUndefined();
  expect(failures.recent("a", 2_000, 1_010)?.error).toBe("no");
  expect(failures.recent("b", 1_000, 10)).toBeUndefined();
  // The clock was set back.
  expect(failures.recent("a", 1_000, 9)).toBeUndefined();
  failures.delete("a");
  expect(failures.recent("a", 1_000, 10)).toBeUndefined();
});

test("there are never more than a thousand, the latest ones", () => {
  const failures = new Failures();
  const known = (key: number) => failures.recent(String(key), 1, 0) !== undefined;
  for (let key = 0; key < 1_000; key++) failures.set(String(key), failure(key));
  failures.set("0", failure("again"));
  failures.set("1000", failure("one more"));
  expect([known(0), known(1), known(2), known(999), known(1000)]).toEqual([true, false, true, true, true]);
});
