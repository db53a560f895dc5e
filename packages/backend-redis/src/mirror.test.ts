import type { Stamp } from "@cachette/core";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Change } from "./clock-record.ts";
import { Mirror } from "./mirror.ts";

const at = (seq: number, epoch = "e") => ({ epoch, seq });
const none = { hard: 0, soft: 0 };
const nothing = (): Change[] => [];

function mirrorOf(stamps: Record<string, Stamp>, seq = 0): Mirror {
  const mirror = new Mirror();
  const mark = at(seq);
  mirror.follow(mark, nothing);
  for (const [label, stamp] of Object.entries(stamps)) mirror.set(label, stamp, mark);
  return mirror;
}

test("keeps what was learnt at its mark, and nothing that may have changed since", () => {
  const mirror = mirrorOf({ a: none }, 3);
  mirror.set("b", none, at(2));
  mirror.set("c", none, at(3, "f"));
  mirror.set("d", none, at(4));
  expect(["a", "b", "c", "d"].map((label) => mirror.get(label))).toEqual([none, undefined, undefined, undefined]);
});

test("is one and the same mark until something changes", () => {
  const mirror = mirrorOf({});
  const first = mirror.mark;
  mirror.follow(at(0), nothing);
  expect(mirror.mark).toBe(first);
  mirror.follow(at(1), () => [{ seq: 1, kind: "hard", labels: [] }]);
  expect(mirror.mark).toEqual(at(1));
});

describe("forgets", () => {
  test("what it missed", () => {
    const mirror = mirrorOf({ a: none });
    mirror.follow(at(3), () => [
      { seq: 2, kind: "hard", labels: ["b"] },
      { seq: 3, kind: "hard", labels: ["c"] },
    ]);
    expect(mirror.get("a")).toBeUndefined();
    expect(mirror.mark).toEqual(at(3));
  });

  test("another epoch", () => {
    const mirror = mirrorOf({ a: none });
    mirror.follow(at(1, "f"), () => [{ seq: 1, kind: "hard", labels: ["b"] }]);
    expect(mirror.get("a")).toBeUndefined();
  });
});

test("an answer that comes late changes nothing", () => {
  const mirror = mirrorOf({ a: { hard: 5, soft: 0 } }, 5);
  mirror.follow(at(4), () => [{ seq: 4, kind: "hard", labels: ["a"] }]);
  expect([mirror.mark, mirror.get("a")]).toEqual([at(5), { hard: 5, soft: 0 }]);
});

test("whatever happened and however much of it was told: what it says is true", () => {
  const label = fc.constantFrom("a", "b", "c", "d");
  const step = fc.record({
    changes: fc.array(fc.record({ kind: fc.constantFrom("hard" as const, "soft" as const), labels: fc.array(label) })),
    told: fc.nat(6),
    learnt: fc.array(label),
  });
  fc.assert(
    fc.property(fc.array(step), (steps) => {
      const truth = new Map<string, Stamp>();
      const log: Change[] = [];
      const mirror = mirrorOf({});
      for (const { changes, told, learnt } of steps) {
        for (const { kind, labels } of changes) {
          const seq = log.length + 1;
          log.push({ seq, kind, labels });
          for (const name of labels) truth.set(name, { ...(truth.get(name) ?? none), [kind]: seq });
        }
        mirror.follow(at(log.length), () => log.slice(log.length - told));
        for (const name of learnt) mirror.set(name, truth.get(name) ?? none, at(log.length));
        for (const name of ["a", "b", "c", "d"]) {
          expect([undefined, truth.get(name) ?? none]).toContainEqual(mirror.get(name));
        }
      }
    }),
  );
});
