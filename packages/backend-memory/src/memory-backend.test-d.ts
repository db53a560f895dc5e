import type { Backend } from "@cachette/core";
import { expectTypeOf, test } from "vitest";
import { type MemoryBackend, memoryBackend } from "./memory-backend.ts";

test("a bound is needed, in one way or the other", () => {
  expectTypeOf(memoryBackend).toBeCallableWith({ maxBytes: "64mb" });
  expectTypeOf(memoryBackend).toBeCallableWith({ maxEntries: 1_000 });
  expectTypeOf(memoryBackend).toBeCallableWith({ maxBytes: 1_000_000, maxEntries: 1_000 });
  // @ts-expect-error there is no unbounded memory backend
  expectTypeOf(memoryBackend).toBeCallableWith({});
  // @ts-expect-error a clock is no bound
  expectTypeOf(memoryBackend).toBeCallableWith({ clock: { now: () => 0, after: () => () => {} } });
  // @ts-expect-error nor is nothing at all
  expectTypeOf(memoryBackend).toBeCallableWith();
  // @ts-expect-error no size is written like this
  expectTypeOf(memoryBackend).toBeCallableWith({ maxBytes: "64 MB" });
});

test("it is a backend, and its answers are no promises", () => {
  expectTypeOf<MemoryBackend>().toExtend<Backend>();
  expectTypeOf<MemoryBackend["get"]>().returns.toEqualTypeOf<object | undefined>();
});
