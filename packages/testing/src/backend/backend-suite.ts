import { describe, test } from "vitest";
import { backendCases } from "./backend-cases.ts";
import type { MakeBackendHarness } from "./harness.ts";

/**
 * Holds a backend to its contract, with vitest:
 *
 * ```ts
 * backendSuite("my backend", () => {
 *   const backend = myBackend();
 *   return { backend, dispose: () => backend.close() };
 * });
 * ```
 *
 * `makeHarness` is called once to see which cases apply, and then for every one of them.
 */
export function backendSuite(name: string, makeHarness: MakeBackendHarness): void {
  describe(`backend contract: ${name}`, async () => {
    const sample = await makeHarness();
    const cases = backendCases.filter((backendCase) => backendCase.appliesTo(sample));
    await sample.dispose();
    for (const suite of new Set(cases.map((backendCase) => backendCase.suite))) {
      describe(suite, () => {
        for (const backendCase of cases.filter((candidate) => candidate.suite === suite)) {
          test(backendCase.name, async () => {
            const harness = await makeHarness();
            try {
              await backendCase.run(harness);
            } finally {
              await harness.dispose();
            }
          });
        }
      });
    }
  });
}
