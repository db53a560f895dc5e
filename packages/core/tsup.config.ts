import { defineConfig } from "tsup";
import base from "../../tsup.base.ts";

// Three doors into one house: what several need is put into shared chunks, in CommonJS too, so that a class or a symbol is
// the same whichever door it came through.
export default defineConfig({
  ...base,
  entry: { index: "src/index.ts", "http/index": "src/http/index.ts", "adapter/index": "src/adapter/index.ts" },
  splitting: true,
});
