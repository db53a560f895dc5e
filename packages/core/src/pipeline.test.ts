import { expect, test } from "vitest";
import { memoryBackend } from "../../backend-memory/src/index.ts";
import { faultyBackend } from "../../testing/src/index.ts";
import { createCache } from "./cache.ts";
import { typedCoder } from "./coders/typed-coder.ts";
import type { Demand } from "./demand.ts";
import { internals } from "./internals.ts";
import { copyPacking } from "./packing.ts";

const policy = { labels: ["*"], ttl: 60_000, packing: copyPacking(typedCoder) };

function pipelineOn(remote: boolean) {
  const backend = faultyBackend(memoryBackend({ maxEntries: 10 }), { remote });
  const { pipeline, byHand } = createCache({ backend })[internals];
  return { pipeline, byHand, faults: backend.faults };
}

async function enter(pipeline: ReturnType<typeof pipelineOn>["pipeline"], demand?: Demand) {
  return pipeline.enter("k", policy, demand, (entrance) => entrance);
}

const noOlderThan = (maxAge: number): Demand => ({ maxAge, minFresh: 0, maxStale: 0, reloadEvery: 0 });

test("what cannot be read of a value that is still being written is loaded, and not waited for again", async () => {
  const { pipeline, faults } = pipelineOn(true);
  faults.set.hang();
  const fill = await enter(pipeline);
  if (fill.kind !== "fill") throw new Error("no task");
  const entry = fill.commit("value");
  const again = await enter(pipeline);
  expect(again).toBe(entry);
  if (again.kind !== "entry") throw new Error("no entry");
  expect((await pipeline.discard(again, policy, new Error("unreadable"))).kind).toBe("fill");
});

test("a task ends once", async () => {
  const { pipeline } = pipelineOn(false);
  const fill = await enter(pipeline);
  if (fill.kind !== "fill") throw new Error("no task");
  const waiting = enter(pipeline);
  fill.commit("first");
  expect(fill.commit("second")).toBeUndefined();
  fill.fail(new Error("late"));
  fill.abandon();
  expect(fill.orphan()).toBe(false);
  expect(policy.packing.unpack((await waiting) as never)).toBe("first");
});

test("a task that is abandoned leaves those who wait to themselves", async () => {
  const { pipeline } = pipelineOn(false);
  const fill = await enter(pipeline);
  const waiting = [enter(pipeline), enter(pipeline)];
  if (fill.kind !== "fill") throw new Error("no task");
  fill.abandon();
  const tasks = await Promise.all(waiting);
  expect(tasks.map(({ kind }) => kind)).toEqual(["fill", "fill"]);
  for (const task of tasks) if (task.kind === "fill") expect(task.storable).toBe(true);
  // Newcomers do not know of them.
  expect((await enter(pipeline)).kind).toBe("fill");
});

test("a task whose owner is gone goes on for those who wait, and is reached by a delete", async () => {
  const { pipeline, byHand } = pipelineOn(false);
  const fill = await enter(pipeline);
  const waiting = enter(pipeline);
  if (fill.kind !== "fill") throw new Error("no task");
  expect([fill.waiting, fill.orphan()]).toEqual([1, true]);
  const newcomer = await enter(pipeline);
  expect(newcomer.kind).toBe("fill");
  if (newcomer.kind === "fill") newcomer.abandon();
  await byHand.remove("k");
  expect(fill.storable).toBe(false);
  fill.commit("old");
  expect((await waiting).kind).toBe("entry");
  expect((await enter(pipeline)).kind).toBe("fill");
});

test("a task whose owner is gone, and for which nobody waits, is over", async () => {
  const { pipeline } = pipelineOn(false);
  const fill = await enter(pipeline);
  if (fill.kind !== "fill") throw new Error("no task");
  expect(fill.orphan()).toBe(false);
  expect(fill.commit("late")).toBeUndefined();
});

test("an entry that is too old for a caller is loaded anew, and stays for others until then", async () => {
  for (const remote of [true, false]) {
    const { pipeline } = pipelineOn(remote);
    const fill = await enter(pipeline);
    if (fill.kind === "fill") fill.commit("first");
    await new Promise((resolve) => setTimeout(resolve, 5));
    expect((await enter(pipeline, noOlderThan(1_000))).kind).toBe("entry");
    expect(await pipeline.peek("k", policy, noOlderThan(1), undefined, (entry) => entry)).toBeUndefined();
    const renewed = await enter(pipeline, noOlderThan(1));
    expect(renewed.kind).toBe("fill");
    expect((await enter(pipeline)).kind).toBe("entry");
    if (renewed.kind === "fill") renewed.commit("second");
    const found = await enter(pipeline, noOlderThan(1_000));
    expect(found.kind === "entry" && policy.packing.unpack(found)).toBe("second");
  }
});

test("a stale entry that stands in for an error is not for those who came after its tag was purged", async () => {
  for (const remote of [true, false]) {
    const { pipeline } = pipelineOn(remote);
    const first = await enter(pipeline);
    if (first.kind === "fill") first.commit("old", { ttl: 1, errorFor: 60_000, tags: ["t"] });
    await new Promise((resolve) => setTimeout(resolve, 5));
    const fill = await enter(pipeline);
    if (fill.kind !== "fill") throw new Error("no task");
    const before = enter(pipeline);
    await new Promise((resolve) => setTimeout(resolve, 1));
    await pipeline.store.invalidate(["t:t"], "hard");
    const after = enter(pipeline);
    await new Promise((resolve) => setTimeout(resolve, 1));
    expect(fill.standIn(new Error("no"))).toBeDefined();
    const again = await before;
    // Where nobody can tell whether this one came before the purge, it loads; the other one then waits for that.
    if (again.kind === "fill") again.commit("new");
    const last = await after;
    expect(last.kind === "entry" ? policy.packing.unpack(last) : last.kind).toBe(
      again.kind === "fill" ? "new" : "fill",
    );
  }
});
