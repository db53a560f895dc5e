import { expect, test } from "vitest";
import { manualClock } from "../../testing/src/index.ts";
import { LeaseWorld } from "../test/lease-world.ts";
import type { Leases } from "./backend.ts";
import { Entry } from "./entry.ts";
import { Guard } from "./guard.ts";
import { Lease } from "./lease.ts";
import { Telemetry } from "./telemetry.ts";
import { type Title, Writer } from "./writer.ts";

function entryOf(key: string): Entry {
  const times = { storedAt: 0, loadTime: 0, freshUntil: 1, staleUntil: 1, errorUntil: 1, expiresAt: 1 };
  const facts = { key, coder: "typed", mark: { epoch: "e", seq: 0 }, labels: ["*", "t:a"] };
  return new Entry({ ...facts, ...times }, new Uint8Array([1]), undefined, 1);
}

/** A writer in a world where writes get lost on their way, and the labels it has made void. */
function losing() {
  const clock = manualClock();
  const lost = () => new Promise<never>(() => {});
  const backend = { ...new LeaseWorld(clock).process(), set: lost };
  const versions = backend.versions("t");
  const voided: string[] = [];
  const advance = async (labels: readonly string[]) => void voided.push(...labels);
  const leases: Leases = { ...(backend.leases?.("t") as Leases), fill: lost, put: lost };
  const telemetry = new Telemetry(undefined);
  const guard = new Guard({ name: "lost", clock, telemetry, deadline: 200, breaker: { threshold: 5, pause: 1_000 } });
  const parts = { backend, versions: { ...versions, advance }, leases, guard, telemetry, onOverflow: () => {} };
  const lease = (key: string) => new Lease(key, leases, guard, clock, 5_000);
  return { writer: new Writer(parts), clock, voided, lease };
}

type TitleOf = (lease: (key: string) => Lease) => Title;

test.each<[string, TitleOf, readonly string[]]>([
  ["by its lease", (lease) => ({ lease: lease("a"), keep: false, tell: false }), []],
  ["by its lease, which goes on", (lease) => ({ lease: lease("a"), keep: true, tell: false }), []],
  ["by the lease of another key", (lease) => ({ lease: lease("b"), keep: false, tell: false }), ["t:a"]],
  ["without a lease", () => ({ lease: undefined, keep: false, tell: false }), ["t:a"]],
  ["by hand", () => "by hand", ["t:a"]],
])("a write %s that may come late: what has to be void for its removal to hold", async (_how, titleOf, labels) => {
  const { writer, clock, voided, lease } = losing();
  const written = writer.write(entryOf("a"), titleOf(lease));
  await clock.advance(200);
  expect(await written).toBe(false);
  expect(writer.isQuiet("a")).toBe(labels.length === 0);
  await writer.remove("a");
  expect(voided).toEqual(labels);
  expect(writer.isQuiet("a")).toBe(true);
});
