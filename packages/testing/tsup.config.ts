import { defineConfig } from "tsup";
import base from "../../tsup.base.ts";

// Two doors, so that what needs no test runner can be had without vitest, which cannot be required either.
export default defineConfig({
  ...base,
  entry: { index: "src/index.ts", vitest: "src/vitest.ts" },
  splitting: true,
});
