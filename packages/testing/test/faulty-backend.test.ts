import { type Backend, type ByteBackend, createCache, type Leases } from "@cachette/core";
import { describe, expect, test } from "vitest";
import { backendSuite } from "../src/backend/backend-suite.ts";
import { type Faults, faultyBackend } from "../src/faulty-backend.ts";
import { manualClock } from "../src/manual-clock.ts";
import { turn } from "../src/turn.ts";
import { withLookUps } from "./planted-faults.ts";
import { ReferenceBackend, ReferenceLeases, World } from "./reference-backend.ts";
import { SyncBackend } from "./sync-backend.ts";

const options = { expiresAt: Number.POSITIVE_INFINITY, size: 1 };
const value = { name: "value" };
const nothing = () => {};

function faulty(remote = false) {
  const clock = manualClock();
  return Object.assign(faultyBackend(new SyncBackend(), { clock, remote }), { clock });
}

/** What has become of a promise by now. */
async function stateOf(promise: unknown): Promise<string> {
  await turn();
  return Promise.race([
    Promise.resolve(promise).then(
      () => "answered",
      () => "failed",
    ),
    turn().then(() => "pending"),
  ]);
}

for (const holds of ["objects", "bytes"] as const) {
  backendSuite(`without faults, around one that holds ${holds}`, () => {
    const world = new World();
    const make = () => faultyBackend(new ReferenceBackend(world, holds) as Backend);
    return { backend: make(), another: make, dispose: nothing };
  });
}

backendSuite("without faults, around one that looks up along with the clock", () => {
  const world = new World();
  const make = () => faultyBackend(withLookUps(world, "bytes"));
  return { backend: make(), another: make, dispose: nothing };
});

/** One with all that a backend of bytes may have. */
function able(world: World) {
  const told: string[] = [];
  const backend = Object.assign(new ReferenceBackend(world, "bytes"), {
    leases: () => new ReferenceLeases(world),
    reclaim: async (head: string) => void told.push(`reclaim ${head}`),
  });
  return Object.assign(faultyBackend(backend as Backend) as ByteBackend & { readonly faults: Faults }, { told });
}

backendSuite("without faults, around one that has leases", () => {
  const world = new World();
  return { backend: able(world), another: () => able(world), dispose: nothing };
});

test("has what the backend has, and nothing else", () => {
  const plain = faulty();
  expect(["leases", "reclaim", "clear"].map((name) => Reflect.get(plain, name))).toEqual([
    undefined,
    undefined,
    undefined,
  ]);
  expect(plain.versions("s").watch).toBeUndefined();
  const front = Object.assign(new SyncBackend(), { clear: nothing });
  expect(faultyBackend(front)).toHaveProperty("clear", expect.any(Function));
});

test("what is done with leases fails as what is done without", async () => {
  const backend = able(new World());
  const leases = backend.leases?.("s") as Leases;
  const bytes = Uint8Array.of(1);
  backend.faults.lease.fail();
  await expect(leases.acquire("a", "me", { ttl: 1_000, force: false })).rejects.toThrow("lease failed");
  await expect(leases.extend("a", "me", 1)).rejects.toThrow("lease failed");
  await expect(leases.release("a", "me")).rejects.toThrow("lease failed");
  backend.faults.heal();
  backend.faults.set.fail();
  await expect(leases.put("a", bytes, options)).rejects.toThrow("set failed");
  const fill = { ...options, owner: "me", keep: false, tell: false };
  await expect(leases.fill("a", bytes, fill)).rejects.toThrow("set failed");
  backend.faults.delete.fail();
  await expect(leases.remove("a")).rejects.toThrow("delete failed");
  backend.faults.reclaim.fail();
  await expect(
    backend.reclaim?.(
      "head",
      () => true,
      () => false,
    ),
  ).rejects.toThrow("reclaim failed");
  backend.faults.reclaim.heal();
  await backend.reclaim?.(
    "head",
    () => true,
    () => false,
  );
  expect(backend.told).toEqual(["reclaim head"]);
});

test("without a lease to be had, a load is not stored, and the value is served all the same", async () => {
  const backend = able(new World());
  backend.faults.lease.fail();
  const cache = createCache({ backend, prefix: "shop", ttl: "1m" });
  expect(await cache.getOrSet("a", () => 1)).toBe(1);
  expect(await cache.getOrSet("a", () => 2)).toBe(2);
  backend.faults.heal();
  await cache.close();
});

test("answers at once where the backend does, and never when it is remote", async () => {
  const near = faulty();
  expect(near.set("a", value, options)).toBeUndefined();
  expect(near.get("a")).toBe(value);
  expect(near.versions("s").current).toBeDefined();
  expect(near.versions("s").read([])).not.toBeInstanceOf(Promise);

  const far = faulty(true);
  expect(far.set("a", value, options)).toBeInstanceOf(Promise);
  expect(await far.get("a")).toBe(value);
  expect(far.versions("s").current).toBeUndefined();
  expect(far.versions("s").read([])).toBeInstanceOf(Promise);
});

test("counts the calls of each operation, those that fail included", async () => {
  const backend = faulty();
  const versions = backend.versions("s");
  backend.get("a");
  backend.faults.get.fail();
  expect(() => backend.get("a")).toThrow("get failed");
  void versions.read([]);
  void versions.advance([], "hard");
  void backend.ping?.();
  const { get, set, read, advance, ping, close } = backend.faults;
  expect([get.calls, set.calls, read.calls, advance.calls, ping.calls, close.calls]).toEqual([2, 0, 1, 1, 1, 0]);
});

describe("fail", () => {
  test("throws where the answer would have come at once, and rejects where it would not", async () => {
    const error = new Error("down");
    const near = faulty();
    near.faults.fail(error);
    expect(() => near.get("a")).toThrow(error);
    expect(() => near.versions("s").advance(["a"], "hard")).toThrow(error);
    const far = faulty(true);
    far.faults.fail(error);
    await expect(far.get("a")).rejects.toBe(error);
    await expect(far.close()).rejects.toBe(error);
  });

  test("only for the calls it is meant for, and only so often", () => {
    const backend = faulty();
    backend.faults.get.fail(undefined, { when: (subject) => subject === "bad", times: 2 });
    expect(backend.get("good")).toBeUndefined();
    expect(() => backend.get("bad")).toThrow("get failed");
    expect(() => backend.get("bad")).toThrow("get failed");
    expect(backend.get("bad")).toBeUndefined();
    backend.faults.read.fail(undefined, { when: (subject) => subject?.includes("bad") === true });
    expect(backend.versions("s").read(["good"])).toBeDefined();
    expect(() => backend.versions("s").read(["good", "bad"])).toThrow("read failed");
  });

  test("the backend does not hear of a lost call, and has carried out one that is done", async () => {
    for (const remote of [false, true]) {
      const backend = faulty(remote);
      backend.faults.set.fail(new Error("lost"));
      await expect(async () => backend.set("a", value, options)).rejects.toThrow("lost");
      expect(await backend.get("a")).toBeUndefined();
      backend.faults.set.fail(new Error("done"), { call: "done" });
      await expect(async () => backend.set("a", value, options)).rejects.toThrow("done");
      expect(await backend.get("a")).toBe(value);
    }
  });

  test("no mark is known for sure while it cannot be read", () => {
    const backend = faulty();
    backend.faults.read.fail();
    expect(backend.versions("s").current).toBeUndefined();
    backend.faults.heal();
    expect(backend.versions("s").current).toBeDefined();
  });
});

describe("delay", () => {
  test("answers late; the call itself is made late, or at once", async () => {
    const backend = faulty();
    backend.faults.set.delay(100);
    const late = backend.set("a", value, options);
    await backend.clock.advance(99);
    expect(await stateOf(late)).toBe("pending");
    expect(backend.get("a")).toBeUndefined();
    await backend.clock.advance(1);
    expect(await stateOf(late)).toBe("answered");
    expect(backend.get("a")).toBe(value);

    backend.faults.set.delay(100, { call: "done" });
    const done = backend.set("b", value, options);
    expect(backend.get("b")).toBe(value);
    expect(await stateOf(done)).toBe("pending");
    await backend.clock.advance(100);
    expect(await stateOf(done)).toBe("answered");
  });
});

describe("hang", () => {
  test("never answers, not even when it is healed", async () => {
    const backend = faulty();
    backend.faults.get.hang();
    const held = backend.get("a");
    await backend.clock.advance("1d");
    backend.faults.heal();
    expect(backend.get("a")).toBeUndefined();
    expect(await stateOf(held)).toBe("pending");
  });

  test("goes on when it is released, in order", async () => {
    const backend = faulty();
    backend.faults.set.hang();
    const first = backend.set("a", { name: "first" }, options);
    const second = backend.set("a", { name: "second" }, options);
    expect(backend.get("a")).toBeUndefined();
    backend.faults.release();
    await Promise.all([first, second]);
    expect(backend.get("a")).toEqual({ name: "second" });
    expect(await stateOf(backend.set("a", value, options))).toBe("pending");
  });

  test("is released once, and not carried out again", async () => {
    const backend = faulty();
    backend.faults.set.hang({ times: 1 });
    const held = backend.set("a", { name: "held" }, options);
    backend.faults.release();
    await held;
    backend.set("a", value, options);
    backend.faults.release();
    await turn();
    expect(backend.get("a")).toBe(value);
  });

  test("a call that is done has its effect at once", async () => {
    const backend = faulty();
    const before = await backend.versions("s").read(["a"]);
    backend.faults.advance.hang({ call: "done" });
    expect(await stateOf(backend.versions("s").advance(["a"], "hard"))).toBe("pending");
    const after = await backend.versions("s").read(["a"]);
    expect(after.mark.seq).toBe(before.mark.seq + 1);
  });
});

describe("a look-up along with the clock", () => {
  const bytes = new Uint8Array([1]);

  function lookingUp() {
    const clock = manualClock();
    const world = new World();
    world.values.set("a", bytes);
    const backend = faultyBackend(withLookUps(world, "bytes"), { clock });
    const told: unknown[] = [];
    const versions = backend.versions("s");
    const lookUp = () =>
      versions.lookUp?.("a", { arrived: (value) => told.push(value), failed: (error) => told.push(error) });
    return { clock, backend, faults: backend.faults, versions, told, lookUp };
  }

  test("tells its receiver of the fault, and of what is there without one", async () => {
    const { faults, lookUp, told } = lookingUp();
    const error = new Error("down");
    faults.lookUp.fail(error, { when: (subject) => subject === "a", times: 1 });
    expect(lookUp()).toBeUndefined();
    await turn();
    expect(told).toEqual([error]);
    lookUp();
    await turn();
    expect(told).toEqual([error, bytes]);
    expect([faults.lookUp.calls, faults.get.calls, faults.read.calls]).toEqual([2, 0, 0]);
  });

  test("comes late, or hangs until it is released; nothing is known before the clock was looked at", async () => {
    const { clock, faults, lookUp, told, versions } = lookingUp();
    faults.lookUp.delay(100);
    lookUp();
    await clock.advance(99);
    await turn();
    expect([told, versions.known?.([])]).toEqual([[], undefined]);
    await clock.advance(1);
    await turn();
    expect(told).toEqual([bytes]);
    expect(versions.known?.([])?.mark).toEqual((await versions.read([])).mark);
    faults.lookUp.hang();
    lookUp();
    await clock.advance("1d");
    await turn();
    expect(told).toEqual([bytes]);
    faults.release();
    await turn();
    expect(told).toEqual([bytes, bytes]);
  });

  test("is how a cache reads, and a fault there is one of its reads", async () => {
    const { clock, backend, faults } = lookingUp();
    const errors: string[] = [];
    const onEvent = (event: { type: string; operation?: string }) =>
      event.type === "backend-error" && errors.push(`${event.operation}`);
    const cache = createCache({ backend, clock, onEvent });
    await cache.set("b", 1);
    expect(await cache.get("b")).toBe(1);
    faults.lookUp.fail();
    expect(await cache.get("b")).toBeUndefined();
    expect(errors).toEqual(["get"]);
    faults.heal();
    expect(await cache.get("b")).toBe(1);
    expect(faults.get.calls).toBe(0);
  });

  test("is there only where the backend has it", () => {
    const { lookUp, known } = faultyBackend(new ReferenceBackend(new World(), "bytes") as Backend).versions("s");
    expect([lookUp, known]).toEqual([undefined, undefined]);
  });
});
