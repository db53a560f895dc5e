import { describe, expect, test } from "vitest";
import { manualClock } from "../../testing/src/index.ts";
import type { Receiver } from "./backend.ts";
import { Deadline } from "./deadline.ts";

const late = expect.objectContaining({ code: "BACKEND_TIMEOUT" });

/** Settles when it is told to. */
function pending<T>() {
  let resolve!: (value: T) => void;
  let reject!: (error: unknown) => void;
  const promise = new Promise<T>((onValue, onError) => {
    [resolve, reject] = [onValue, onError];
  });
  return { promise, resolve, reject };
}

const same = <T>(value: T): T => value;

/** What has become of a promise so far. */
function watch<T>(promise: Promise<T>): { state: unknown } {
  const watched: { state: unknown } = { state: "pending" };
  promise.then(
    (value) => {
      watched.state = value;
    },
    (error: { code?: string }) => {
      watched.state = error.code ?? error;
    },
  );
  return watched;
}

test("settles as the promise does", async () => {
  const deadline = new Deadline(manualClock(), 200);
  const error = new Error("no");
  await expect(deadline.race(Promise.resolve(1))).resolves.toBe(1);
  await expect(deadline.race(Promise.reject(error))).rejects.toBe(error);
});

test("needs no timer for an answer that is there", async () => {
  const clock = manualClock();
  await expect(new Deadline(clock, 200).race(1)).resolves.toBe(1);
  expect(clock.pending).toBe(0);
});

test("needs no timer without a limit", async () => {
  const clock = manualClock();
  const { promise } = pending();
  expect(new Deadline(clock, Number.POSITIVE_INFINITY).race(promise)).toBe(promise);
  expect(clock.pending).toBe(0);
});

test("rejects at the limit, to the millisecond", async () => {
  const clock = manualClock();
  const watched = watch(new Deadline(clock, 200).race(pending().promise));
  await clock.advance(199);
  expect(watched.state).toBe("pending");
  await clock.advance(1);
  expect(watched.state).toBe("BACKEND_TIMEOUT");
});

test("gives each its own limit, and one timer to all", async () => {
  const clock = manualClock();
  const deadline = new Deadline(clock, 200);
  const answered = pending<string>();
  const calls = [deadline.race(pending().promise)];
  await clock.advance(50);
  calls.push(deadline.race(answered.promise));
  await clock.advance(50);
  calls.push(deadline.race(pending().promise));
  expect(clock.pending).toBe(1);
  const [first, second, third] = calls.map(watch);
  answered.resolve("answered");
  await clock.advance(100);
  expect([first?.state, second?.state, third?.state]).toEqual(["BACKEND_TIMEOUT", "answered", "pending"]);
  await clock.advance(99);
  expect(third?.state).toBe("pending");
  await clock.advance(1);
  expect(third?.state).toBe("BACKEND_TIMEOUT");
  expect(clock.pending).toBe(0);
});

test("whoever is told that time has run out may call again at once, and puts nobody else off", async () => {
  const clock = manualClock();
  const deadline = new Deadline(clock, 200);
  const again = deadline.settle(
    () => {},
    () => undefined,
    () => watch(deadline.race(pending().promise)),
    same,
  );
  await clock.advance(150);
  const other = watch(deadline.race(pending().promise));
  await clock.advance(200);
  expect(other.state).toBe("BACKEND_TIMEOUT");
  expect(clock.pending).toBe(1);
  await clock.advance(50);
  expect((await again)?.state).toBe("BACKEND_TIMEOUT");
  expect(clock.pending).toBe(0);
});

test("what cannot be asked for has failed, and so has what goes wrong with the answer", async () => {
  const clock = manualClock();
  const deadline = new Deadline(clock, 200);
  const error = new Error("no");
  const no = () => {
    throw error;
  };
  const tell = (receiver: Receiver<number>) => receiver.arrived(1);
  const told = (thrown: unknown) => [thrown];
  expect(await deadline.settle(no, () => 1 as unknown, told, same)).toEqual([error]);
  expect(await deadline.settle(tell, no, told, same)).toEqual([error]);
  expect(await deadline.settle(tell, () => Promise.reject(error), told, same)).toEqual([error]);
  await expect(deadline.settle(tell, no, no, same)).rejects.toBe(error);
  await clock.advance(200);
  expect(clock.pending).toBe(0);
});

test("what an answer leads to is within the limit as well", async () => {
  const clock = manualClock();
  const told = watch(
    new Deadline(clock, 200).settle<number, unknown, unknown>(
      (receiver) => receiver.arrived(1),
      () => pending().promise,
      (error) => error,
      same,
    ),
  );
  await clock.advance(200);
  expect(told.state).toEqual(late);
});

test("what is made of the outcome is not within the limit, and goes wrong for whoever gets it", async () => {
  const clock = manualClock();
  const deadline = new Deadline(clock, 200);
  const tell = (receiver: Receiver<number>) => receiver.arrived(1);
  const never = () => {};
  const { promise, resolve } = pending<number>();
  const made = [tell, never].map((ask) =>
    watch(
      deadline.settle(
        ask,
        same,
        () => 2,
        (sum) => promise.then((more) => sum + more),
      ),
    ),
  );
  await clock.advance(1_000);
  expect(made.map(({ state }) => state)).toEqual(["pending", "pending"]);
  resolve(10);
  await clock.advance(0);
  expect(made.map(({ state }) => state)).toEqual([11, 12]);
  const error = new Error("no");
  const no = () => {
    throw error;
  };
  await expect(deadline.settle(tell, same, () => 2, no)).rejects.toBe(error);
  await clock.advance(200);
  expect(clock.pending).toBe(0);
});

test("an answer that comes too late is dropped, a failure too", async () => {
  const clock = manualClock();
  const deadline = new Deadline(clock, 200);
  const [one, other] = [pending(), pending()];
  const watched = [watch(deadline.race(one.promise)), watch(deadline.race(other.promise))];
  await clock.advance(200);
  one.resolve(1);
  other.reject(new Error("late"));
  await clock.advance(0);
  expect(watched.map(({ state }) => state)).toEqual(["BACKEND_TIMEOUT", "BACKEND_TIMEOUT"]);
});

test("an answer that is read in the same turn as the timer runs out is in time", async () => {
  const clock = manualClock();
  const { promise, resolve } = pending<string>();
  const raced = new Deadline(clock, 200).race(promise);
  // As behind a blocked event loop: the timer is called first, and the answer has been there for long.
  clock.after(200, () => resolve("answered"));
  await clock.advance(200);
  await expect(raced).resolves.toBe("answered");
});

test("still has its limit after the time of day was set back, for what waits and for what comes", async () => {
  const clock = manualClock();
  const deadline = new Deadline(clock, 200);
  const before = watch(deadline.race(pending().promise));
  clock.set(clock.now() - 3_600_000);
  await clock.advance(100);
  const after = watch(deadline.race(pending().promise));
  await clock.advance(100);
  expect(before.state).toBe("BACKEND_TIMEOUT");
  await clock.advance(100);
  expect(after.state).toBe("BACKEND_TIMEOUT");
});

test("says how long it has waited", async () => {
  const clock = manualClock();
  const raced = new Deadline(clock, 250).race(pending().promise);
  const failed = expect(raced).rejects.toThrow("250 ms");
  await clock.advance(250);
  await failed;
  await expect(raced).rejects.toEqual(late);
});

test("what has been answered is not kept for long", async () => {
  const clock = manualClock();
  const deadline = new Deadline(clock, 200);
  for (let index = 0; index < 1_000; index++) await deadline.race(Promise.resolve(index));
  await clock.advance(200);
  expect(clock.pending).toBe(0);
});

/** A clock whose tasks run when the test says so, however late that is. */
function lateClock() {
  const tasks: (() => void)[] = [];
  return {
    time: 0,
    now() {
      return this.time;
    },
    after(_delay: number, task: () => void) {
      tasks.push(task);
      return () => {};
    },
    /** Runs the next task at each of these moments. */
    async runAt(...times: readonly number[]) {
      for (const time of times) {
        this.time = time;
        tasks.shift()?.();
        await Promise.resolve();
        await Promise.resolve();
      }
    },
  };
}

test("what comes to be due while others are told has one more turn, too", async () => {
  const clock = lateClock();
  const deadline = new Deadline(clock, 100);
  const busy = () => {
    clock.time = 200;
  };
  const never = () => {};
  const first = watch(deadline.settle(never, same, busy, same));
  await clock.runAt(25, 50);
  clock.time = 70;
  const second = pending<number>();
  const other = watch(deadline.race(second.promise));
  await clock.runAt(75, 100, 100);
  second.resolve(1);
  await clock.runAt(200, 200);
  expect([first.state, other.state]).toEqual([undefined, 1]);
});

test("where the clock is set back, what is under way has what is left of its time", async () => {
  const clock = lateClock();
  const deadline = new Deadline(clock, 200);
  const answer = pending<string>();
  const first = watch(deadline.race(answer.promise));
  const second = watch(deadline.race(pending().promise));
  await clock.runAt(-10_000, -9_950, -9_900);
  answer.resolve("answered");
  await clock.runAt(-9_850);
  expect([first.state, second.state]).toEqual(["answered", "pending"]);
  await clock.runAt(-9_850);
  expect(second.state).toBe("BACKEND_TIMEOUT");
});

describe("behind an event loop that has stood still", () => {
  test("all have half the limit once more, as what they asked for may not have been sent before", async () => {
    const clock = lateClock();
    const deadline = new Deadline(clock, 200);
    const first = watch(deadline.race(pending().promise));
    clock.time = 190;
    const answer = pending<string>();
    const second = watch(deadline.race(answer.promise));
    const third = watch(deadline.race(pending().promise));
    await clock.runAt(320, 370);
    expect([first.state, third.state]).toEqual(["pending", "pending"]);
    answer.resolve("answered");
    await clock.runAt(419);
    expect([first.state, second.state, third.state]).toEqual(["pending", "answered", "pending"]);
    await clock.runAt(420, 420);
    expect([first.state, third.state]).toEqual(["BACKEND_TIMEOUT", "BACKEND_TIMEOUT"]);
  });

  test("and not again", async () => {
    const clock = lateClock();
    const watched = watch(new Deadline(clock, 200).race(pending().promise));
    await clock.runAt(300, 900, 900);
    expect(watched.state).toBe("BACKEND_TIMEOUT");
  });

  test("nor for less than a quarter of it", async () => {
    const clock = lateClock();
    const watched = watch(new Deadline(clock, 200).race(pending().promise));
    await clock.runAt(50, 150, 200, 200);
    expect(watched.state).toBe("BACKEND_TIMEOUT");
  });

  test("and nobody has less than before", async () => {
    const clock = lateClock();
    const deadline = new Deadline(clock, 200);
    const first = watch(deadline.race(pending().promise));
    clock.time = 105;
    const second = watch(deadline.race(pending().promise));
    await clock.runAt(110, 160, 210, 210);
    expect([first.state, second.state]).toEqual(["BACKEND_TIMEOUT", "pending"]);
    await clock.runAt(260, 304);
    expect(second.state).toBe("pending");
    await clock.runAt(305, 305);
    expect(second.state).toBe("BACKEND_TIMEOUT");
  });

  test("and what is asked for afterwards has its own limit", async () => {
    const clock = lateClock();
    const deadline = new Deadline(clock, 200);
    deadline.race(pending().promise).catch(() => {});
    await clock.runAt(300);
    const later = watch(deadline.race(pending().promise));
    await clock.runAt(350, 400, 400, 450);
    expect(later.state).toBe("pending");
    await clock.runAt(500, 500);
    expect(later.state).toBe("BACKEND_TIMEOUT");
  });
});
