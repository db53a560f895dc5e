import fc from "fast-check";
import { expect, test } from "vitest";
import { factsOf } from "../test/facts-of.ts";
import { Entry, type EntryFacts, ticksAt } from "./entry.ts";
import { tailOf } from "./space.ts";

const facts: EntryFacts = {
  key: "p:n:tail",
  coder: "json",
  storedAt: 0,
  loadTime: 0,
  freshUntil: 1_000,
  staleUntil: 1_000,
  errorUntil: 1_000,
  expiresAt: 1_000,
  mark: { epoch: "e", seq: 0 },
  labels: ["*"],
};

const entryOf = (more: Partial<EntryFacts & { tail: string }> = {}) =>
  new Entry({ ...facts, ...more }, "", undefined, 0);

const time = fc.oneof(
  fc.double({ noNaN: true, min: -1e15, max: 1e15 }),
  fc.constantFrom(0, 64, 2 ** 30 * 64, -(2 ** 31) * 64, Number.POSITIVE_INFINITY),
);

test("what lasts for ever is fresh by ticks at any time to come", () => {
  const ever = Number.POSITIVE_INFINITY;
  const entry = entryOf({ freshUntil: ever, staleUntil: ever, errorUntil: ever, expiresAt: ever });
  expect(entry.freshTick > ticksAt(1_000_000_000)).toBe(true);
});

test("what counts as fresh by ticks is fresh, at any time", () => {
  fc.assert(
    fc.property(time, time, (freshUntil, now) => {
      const later = { staleUntil: freshUntil, errorUntil: freshUntil, expiresAt: freshUntil };
      const entry = entryOf({ freshUntil, ...later });
      if (entry.freshTick > ticksAt(now)) expect(freshUntil).toBeGreaterThan(now);
    }),
    { numRuns: 1_000 },
  );
});

test("by ticks it is fresh for all but the last of its time", () => {
  // Counted from the time of the first entry, which is 0 here.
  const now = 5_000_000;
  const until = now + 3_600_000;
  const entry = entryOf({ freshUntil: until, staleUntil: until, errorUntil: until, expiresAt: until });
  expect(entry.freshTick > ticksAt(now)).toBe(true);
  expect(entry.freshTick > ticksAt(until - 129)).toBe(true);
});

test("says of itself what it was told, whether its times are all one or not", () => {
  for (const more of [{}, { staleUntil: 2_000, expiresAt: 3_000 }, { errorUntil: 1_500, expiresAt: 1_500 }]) {
    expect(factsOf(entryOf(more))).toEqual({ ...facts, ...more });
    expect(factsOf(entryOf({ ...more, tail: "tail" }))).toEqual({ ...facts, ...more });
  }
});

test("entries of one space have the very same head, and one key", () => {
  const [one, two] = [entryOf({ tail: "tail" }), entryOf({ key: "p:n:other", tail: "other" })];
  expect([one.head, one.key, two.key]).toEqual(["p:n:", "p:n:tail", "p:n:other"]);
  expect(one.kind).toBe("entry");
});

test("a key ends behind its second colon, with the text that it was made of if that is it", () => {
  expect(tailOf("p:n:a:b", "a:b")).toBe("a:b");
  expect(tailOf("p::a")).toBe("a");
  expect(tailOf("p:n:a:b", "b")).toBe("a:b");
  expect(tailOf("p:n:ab", "xb")).toBe("ab");
});

test("says its times as they were given, whatever they are", () => {
  // Without -0, which is 0 afterwards.
  const any = time.map((value) => value + 0);
  const later = fc.tuple(any, any, any, any, any);
  fc.assert(
    fc.property(later, fc.boolean(), ([storedAt, freshUntil, staleUntil, errorUntil, expiresAt], brief) => {
      const times = brief
        ? { storedAt, freshUntil, staleUntil: freshUntil, errorUntil: freshUntil, expiresAt: freshUntil }
        : { storedAt, freshUntil, staleUntil, errorUntil, expiresAt };
      expect(factsOf(entryOf(times))).toEqual({ ...facts, ...times });
    }),
  );
});
