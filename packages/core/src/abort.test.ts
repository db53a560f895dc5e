import { getEventListeners } from "node:events";
import { expect, test, vi } from "vitest";
import { abortable, onAbort } from "./abort.ts";

const listeners = (signal: AbortSignal) => getEventListeners(signal, "abort").length;

test("the task is called once, with the reason", () => {
  const { signal, abort } = controlled();
  const task = vi.fn();
  onAbort(signal, task);
  expect(task).not.toHaveBeenCalled();
  abort("enough");
  expect(task.mock.calls).toEqual([["enough"]]);
  onAbort(signal, task);
  expect(task).toHaveBeenCalledTimes(2);
});

test("nothing is left on the signal", async () => {
  const { signal, abort } = controlled();
  const task = vi.fn();
  const stop = onAbort(signal, task);
  expect(listeners(signal)).toBe(1);
  stop();
  expect(listeners(signal)).toBe(0);
  expect(await abortable(signal, Promise.resolve(1))).toBe(1);
  await expect(abortable(signal, Promise.reject("no"))).rejects.toBe("no");
  await Promise.resolve();
  expect(listeners(signal)).toBe(0);
  abort("late");
  expect(task).not.toHaveBeenCalled();
});

test("a promise is not waited for any longer", async () => {
  const { signal, abort } = controlled();
  const waiting = abortable(signal, new Promise(() => {}));
  abort("enough");
  await expect(waiting).rejects.toBe("enough");
  await expect(abortable(signal, new Promise(() => {}))).rejects.toBe("enough");
  // What comes of it later is nobody's concern.
  await expect(abortable(signal, Promise.reject("no"))).rejects.toBe("enough");
});

function controlled() {
  const controller = new AbortController();
  return { signal: controller.signal, abort: (reason: unknown) => controller.abort(reason) };
}
