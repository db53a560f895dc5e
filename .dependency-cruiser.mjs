// Who may import whom. docs/architecture.md says why; this file keeps it so.
const tests = "\\.test(-d)?\\.ts$";
const coreEntries = "^packages/core/src/(index|http/index|adapter/index)\\.ts$";

/** `from` may import its own package and what is listed, nothing else. Tests are free. */
function only(name, folder, allowed, comment) {
  return {
    name,
    comment,
    severity: "error",
    from: { path: `^packages/${folder}/src/`, pathNot: tests },
    to: { pathNot: [`^packages/${folder}/src/`, ...allowed] },
  };
}

const client = (...names) => names.map((name) => `(^|/)node_modules/${name}/`);

export default {
  forbidden: [
    only("core-imports-nothing", "core", [], "Core stands on ECMAScript and Web globals alone."),
    {
      name: "core-below-http",
      comment: "Http builds on the pipeline; nothing below may know that there is HTTP, other than by a type.",
      severity: "error",
      from: { path: "^packages/core/src/", pathNot: ["^packages/core/src/(http|adapter)/", tests] },
      to: { path: "^packages/core/src/(http|adapter)/", dependencyTypesNot: ["type-only"] },
    },
    {
      name: "core-adapter-on-http",
      comment: "What adapters have in common stands on what everybody's adapter can import.",
      severity: "error",
      from: { path: "^packages/core/src/adapter/", pathNot: [tests] },
      to: { path: "^packages/core/src/", pathNot: ["^packages/core/src/adapter/", coreEntries] },
    },
    only("backend-memory-imports", "backend-memory", [coreEntries], "A backend knows core's contract."),
    only(
      "backend-redis-imports",
      "backend-redis",
      [coreEntries, ...client("ioredis")],
      "A backend knows its client and core's contract.",
    ),
    only(
      "adapter-express-imports",
      "adapter-express",
      [coreEntries, ...client("express"), "^(http|net)$"],
      "An adapter knows its framework and core's public exports. A refresh in the background needs real objects of Node's.",
    ),
    only(
      "adapter-fastify-imports",
      "adapter-fastify",
      [coreEntries, ...client("fastify"), "^(http|net)$"],
      "An adapter knows its framework, what that stands on, and core's public exports.",
    ),
    only(
      "adapter-hono-imports",
      "adapter-hono",
      [coreEntries, ...client("hono")],
      "An adapter knows its framework and core's public exports.",
    ),
    only(
      "testing-imports",
      "testing",
      [coreEntries, ...client("vitest"), "^(http|v8|vm)$"],
      "The suites know the public contracts and the test runner. That of adapters is a client of Node's, and measures memory.",
    ),
    {
      name: "apps-use-public-doors",
      comment: "A demo imports what its readers can import.",
      severity: "error",
      from: { path: "^apps/[^/]+/src/" },
      to: { path: "^packages/", pathNot: [coreEntries, "^packages/[^/]+/src/index\\.ts$"] },
    },
    {
      name: "no-cycles",
      comment: "A module that needs itself by a detour belongs in two rooms.",
      severity: "error",
      from: { path: "^(packages|apps)/" },
      to: { circular: true, viaOnly: { dependencyTypesNot: ["type-only"] } },
    },
    {
      name: "no-tests-in-sources",
      severity: "error",
      from: { path: "^(packages|apps)/[^/]+/src/", pathNot: tests },
      to: { path: [tests, "^test/", "^packages/[^/]+/test/"] },
    },
    {
      name: "no-unresolvable",
      severity: "error",
      from: {},
      to: { couldNotResolve: true },
    },
  ],
  options: {
    doNotFollow: { path: "node_modules" },
    exclude: { path: "(^|/)(dist|\\.turbo)/" },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: "tsconfig.base.json" },
    enhancedResolveOptions: {
      conditionNames: ["@cachette/source", "import", "types", "default"],
      exportsFields: ["exports"],
    },
  },
};
