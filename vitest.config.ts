import { transform } from "esbuild";
import type { Plugin } from "vitest/config";
import { defineConfig } from "vitest/config";

// Workspace packages are read from their sources: no build is needed before the tests.
const conditions = ["@cachette/source"];

const redis = "**/*.redis.test.ts";

/** Standard decorators: neither Node nor Vite's own transformer knows them yet, esbuild does. */
const decorators: Plugin = {
  name: "standard-decorators",
  enforce: "pre",
  async transform(code, id) {
    if (!id.endsWith(".ts") || !/(^|[\s{;])@[a-z]/im.test(code.replace(/\/\*[\s\S]*?\*\//g, ""))) return;
    const result = await transform(code, { loader: "ts", target: "es2022", sourcemap: true, sourcefile: id });
    return { code: result.code, map: result.map };
  },
};

export default defineConfig({
  plugins: [decorators],
  resolve: { conditions },
  ssr: { resolve: { conditions, externalConditions: conditions } },
  test: {
    projects: [
      {
        extends: true,
        test: {
          name: "unit",
          include: ["packages/*/{src,test}/**/*.test.ts"],
          exclude: [redis, "**/node_modules/**"],
          typecheck: {
            enabled: true,
            include: ["packages/*/{src,test}/**/*.test-d.ts"],
            tsconfig: "./tsconfig.types.json",
          },
        },
      },
      {
        extends: true,
        test: {
          name: "redis",
          include: [`packages/*/{src,test}/${redis}`],
          globalSetup: ["./test/redis.setup.ts"],
          testTimeout: 20_000,
        },
      },
      {
        extends: true,
        test: {
          name: "apps",
          include: ["apps/*/test/**/*.test.ts", "test/**/*.test.ts"],
          globalSetup: ["./test/redis.setup.ts"],
          testTimeout: 60_000,
          hookTimeout: 60_000,
        },
      },
    ],
  },
});
