import { manualClock } from "@cachette/testing";
import { backendSuite } from "@cachette/testing/vitest";
import { memoryBackend } from "../src/index.ts";

backendSuite("memory, bounded by bytes", () => {
  const backend = memoryBackend({ maxBytes: "64mb" });
  return { backend, dispose: () => backend.close() };
});

backendSuite("memory, bounded by entries, with a manual clock", () => {
  const clock = manualClock();
  const backend = memoryBackend({ maxEntries: 10_000, clock });
  return { backend, clock, dispose: () => backend.close() };
});
