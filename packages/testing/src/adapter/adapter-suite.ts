import { describe, test } from "vitest";
import { adapterCases } from "./adapter-cases.ts";
import type { MakeAdapterHarness } from "./harness.ts";

/**
 * Holds an adapter to what all of them promise, with vitest, over real connections:
 *
 * ```ts
 * adapterSuite("my framework", () => {
 *   const backend = memoryBackend({ maxBytes: "64mb" });
 *   return { backend, listen: (app) => startMyFramework(app), dispose: () => backend.close() };
 * });
 * ```
 *
 * `makeHarness` is called for every case.
 */
export function adapterSuite(name: string, makeHarness: MakeAdapterHarness): void {
  describe(`adapter contract: ${name}`, () => {
    for (const suite of new Set(adapterCases.map((adapterCase) => adapterCase.suite))) {
      describe(suite, () => {
        for (const adapterCase of adapterCases.filter((candidate) => candidate.suite === suite)) {
          test(adapterCase.name, { timeout: 20_000 }, async () => {
            const harness = await makeHarness();
            try {
              await adapterCase.run(harness);
            } finally {
              await harness.dispose();
            }
          });
        }
      });
    }
  });
}
