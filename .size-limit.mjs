// How much code comes with what: of what is published (`pnpm build`), minified and compressed with brotli. Frameworks,
// Node's own modules and core are left out of an adapter: who uses it has them anyway.

/** esbuild warns of imports that it drops because core has no side effects, as it should. */
const modifyEsbuildConfig = (config) => ({ ...config, logLevel: "error" });

/** What an application imports by these names from core's doors, in one bundle: what the doors share counts once. */
function core(name, imports, limit) {
  const paths = Object.entries(imports).map(([door, names]) => [`packages/core/dist/${door}.js`, names]);
  return { name, import: Object.fromEntries(paths), limit, modifyEsbuildConfig };
}

function adapter(framework, limit) {
  const path = `packages/adapter-${framework}/dist/index.js`;
  const ignore = ["@cachette/core", framework, "http", "net"];
  return { name: `adapter-${framework}`, path, import: "*", ignore, limit, modifyEsbuildConfig };
}

const functions = { index: "{ createCache, cached }" };
const routes = { ...functions, "http/index": "{ createHttpCache, createPurge }" };
// Nothing loads it without an adapter, and each takes some of it.
const adapters = { ...routes, "adapter/index": "*" };

/** All that an application loads that caches functions and routes of a framework: core and adapter, without a backend. */
function application(framework, limit) {
  const path = `packages/adapter-${framework}/dist/index.js`;
  const imports = { "packages/core/dist/index.js": "{ createCache, cached }", [path]: "*" };
  const ignore = [framework, "http", "net"];
  return { name: `an application on ${framework}`, import: imports, ignore, limit, modifyEsbuildConfig };
}

export default [
  core("core, functions alone", functions, "24.9 kB"),
  core("core with core/http", routes, "39.2 kB"),
  core("core with core/http and core/adapter", adapters, "45.8 kB"),
  adapter("express", "1.5 kB"),
  adapter("fastify", "2.5 kB"),
  adapter("hono", "2.4 kB"),
  application("express", "44.3 kB"),
  application("fastify", "44.5 kB"),
  application("hono", "44.2 kB"),
];
