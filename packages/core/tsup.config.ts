import { defineConfig } from "tsup";
import base from "../../tsup.base.ts";

// Two doors into one house: what both need is put into shared chunks, in CommonJS too, so that a class or a symbol is
// the same whichever door it came through.
export default defineConfig({
  ...base,
  entry: { index: "src/index.ts", "http/index": "src/http/index.ts" },
  splitting: true,
});
