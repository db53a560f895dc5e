import { expect, test } from "vitest";
import { Alias } from "./alias.ts";
import { Entry } from "./entry.ts";

function made(): Entry {
  const times = { storedAt: 0, loadTime: 0, freshUntil: 1, staleUntil: 1, errorUntil: 1, expiresAt: 1 };
  return new Entry(
    { key: "p:n:a", coder: "json", mark: { epoch: "e", seq: 0 }, labels: [], ...times },
    "",
    undefined,
    0,
  );
}

function kept(): Entry {
  const entry = made();
  entry.keeper = "a backend";
  return entry;
}

test("leads to an entry for as long as that is kept, and has nothing to do with it afterwards", () => {
  const entry = kept();
  const alias = new Alias("a");
  expect(alias.entry).toBeUndefined();
  alias.leadTo(entry);
  expect(alias.entry).toBe(entry);
  entry.keeper = undefined;
  expect([alias.entry, entry.alias]).toEqual([undefined, undefined]);
  entry.keeper = "a backend";
  expect(alias.entry).toBeUndefined();
});

test("never leads to what no backend would tell about", () => {
  const alias = new Alias("a");
  alias.leadTo(made());
  expect(alias.entry).toBeUndefined();
});

test("of two to the same entry, the last leads there", () => {
  const entry = kept();
  const [first, last] = [new Alias("a"), new Alias("a")];
  first.leadTo(entry);
  last.leadTo(entry);
  expect([first.entry, last.entry]).toEqual([undefined, entry]);
  entry.keeper = undefined;
  expect(last.entry).toBeUndefined();
});
