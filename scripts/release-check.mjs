// Rehearses a release: what is committed is cloned, versioned, built and published to a registry of our own; then clean
// projects install the packages from there with npm and use them as ES modules, CommonJS and TypeScript, routes over HTTP,
// and on other runtimes than Node.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { build, transform } from "esbuild";
import { freePort, startRedisServer } from "../test/redis-server.ts";
import { cleanEnvironment } from "./environment.mjs";
import { startRegistry } from "./registry.mjs";
import { installRuntimes, workerConfig } from "./runtimes.mjs";

const root = fileURLToPath(new URL("..", import.meta.url));
const tools = join(root, "node_modules/.bin");
const directory = await mkdtemp(join(tmpdir(), "cachette-release-"));
const clone = join(directory, "clone");
/** The packages run on older versions of Node than the tools do: any Node can be named for the consumer projects. */
const consumerNode = process.env.CONSUMER_NODE || process.execPath;

const elsewhere = ["bun", "deno"];

/**
 * The projects: what they install beside core, whether they are programs that end or servers to be asked, and the other
 * runtimes that they are tried on.
 */
const consumers = [
  { name: "memory", packages: ["backend-memory"], use: runs, runtimes: elsewhere },
  // Without a test runner, which only the suites need.
  { name: "testing", packages: ["backend-memory", "testing"], use: runs },
  { name: "redis", packages: ["backend-redis"], others: ["ioredis"], use: runs, runtimes: elsewhere },
  {
    name: "express",
    packages: ["backend-memory", "adapter-express"],
    others: ["express", "@types/express"],
    use: serves,
    runtimes: elsewhere,
  },
  {
    name: "fastify",
    packages: ["backend-memory", "adapter-fastify"],
    others: ["fastify"],
    use: serves,
    runtimes: elsewhere,
  },
  {
    name: "hono",
    packages: ["backend-memory", "adapter-hono"],
    others: ["hono", "@hono/node-server"],
    // Hono's own types need the Web's.
    lib: ["ES2023", "DOM"],
    use: serves,
    runtimes: elsewhere,
  },
];

/** A module for Workers, which is served by another runtime alone. */
const worker = { name: "worker", packages: ["backend-memory", "adapter-hono"], others: ["hono"] };

const started = [];
try {
  await rehearse();
} catch (error) {
  console.error(error instanceof assert.AssertionError ? error.message : error);
  process.exitCode = 1;
} finally {
  for (const server of started) await server.stop();
  await rm(directory, { recursive: true, force: true });
}

async function rehearse() {
  const registry = await startRegistry(join(directory, "registry"));
  started.push(registry);
  const versions = await publish(registry);
  console.log(`published ${Object.keys(versions).length} packages in version ${Object.values(versions)[0]}`);

  const node = `Node ${(await run(consumerNode, ["--version"], directory)).trim().slice(1)}`;
  const context = {
    registry,
    versions,
    catalog: await readCatalog(),
    redisUrl: process.env.REDIS_URL || (await redis()),
  };
  const results = await Promise.allSettled(consumers.map((consumer) => tryOut(consumer, context)));
  const runtimes = await installRuntimes(join(directory, "runtimes"), run);
  const others = consumers.flatMap((consumer) => trialsElsewhere(consumer, runtimes, context));
  if (runtimes.workerd !== undefined) others.push(() => tryWorker(runtimes.workerd, context));
  // One after the other, as each takes a process.
  for (const trial of others) results.push(...(await Promise.allSettled([trial()])));
  for (const { status, value, reason } of results) {
    if (status === "fulfilled")
      console.log(`consumer project ${value.name} on ${value.on ?? node}: ${value.forms.join(", ")}`);
    else {
      console.error(reason.message);
      process.exitCode = 1;
    }
  }
}

async function redis() {
  const server = await startRedisServer();
  started.push(server);
  return server.url;
}

/** Publishes every package from a clone of what is committed; gives back their versions by name. */
async function publish(registry) {
  await run("git", ["clone", "--quiet", root, clone], root);
  await run("pnpm", ["install", "--frozen-lockfile", "--prefer-offline"], clone);
  const before = await readVersions();

  if ((await pendingChangesets()).length === 0) await addChangeset("minor");
  await run("changeset", ["version"], clone);
  const versions = await readVersions();
  assert.equal(new Set(Object.values(versions)).size, 1, `one version for all: ${JSON.stringify(versions)}`);
  assert.notDeepEqual(versions, before, "changeset version changed no version");

  await run("turbo", ["run", "build", "--output-logs=errors-only"], clone);
  const { host } = new URL(registry.url);
  await writeFile(join(clone, ".npmrc"), `${scopeLine(registry)}//${host}/:_authToken=${registry.token}\n`);
  await run("changeset", ["publish"], clone);
  for (const [name, version] of Object.entries(versions)) await checkPublished(registry, name, version);

  await nextMinorStaysMinor(versions);
  return versions;
}

/** Packages that have core for a peer must not be taken to the next major by a minor of core. */
async function nextMinorStaysMinor(versions) {
  await addChangeset("minor");
  await run("changeset", ["version"], clone);
  const [major, minor] = versions["@cachette/core"].split(".").map(Number);
  for (const [name, version] of Object.entries(await readVersions())) {
    assert.equal(version, `${major}.${minor + 1}.0`, `${name} after a minor change of core alone`);
  }
}

async function pendingChangesets() {
  const files = await readdir(join(clone, ".changeset"));
  return files.filter((file) => file.endsWith(".md") && file !== "README.md");
}

function addChangeset(bump) {
  return writeFile(join(clone, ".changeset/rehearsal.md"), `---\n"@cachette/core": ${bump}\n---\n\nA rehearsal.\n`);
}

/**
 * What the registry hands out must work without the sources, and each file that it names must be in it: TypeScript looks
 * beside the script when a `types` path leads nowhere, so a consumer alone would not notice.
 */
async function checkPublished({ url }, name, version) {
  const response = await fetch(new URL(`${name.replace("/", "%2f")}/${version}`, url));
  assert.equal(response.status, 200, `${name}@${version} is in the registry`);
  const text = await response.text();
  for (const leak of ["@cachette/source", "workspace:", "catalog:"]) {
    assert.ok(!text.includes(leak), `"${leak}" is in the published package.json of ${name}`);
  }
  const manifest = JSON.parse(text);
  const tarball = join(directory, "published.tgz");
  await writeFile(tarball, await (await fetch(manifest.dist.tarball)).bytes());
  const files = new Set((await run("tar", ["-tzf", tarball], directory)).split("\n"));
  for (const path of namedFiles([manifest.exports, manifest.main, manifest.module, manifest.types])) {
    assert.ok(files.has(path.replace("./", "package/")), `${name} names ${path}, which is not in the package`);
  }
}

/** All strings in a value of package.json, however deep. */
function namedFiles(value) {
  if (typeof value === "string") return [value];
  return Object.values(value ?? {}).flatMap(namedFiles);
}

async function readVersions() {
  const versions = {};
  for (const folder of await readdir(join(clone, "packages"))) {
    const manifest = JSON.parse(await readFile(join(clone, "packages", folder, "package.json"), "utf8"));
    if (!manifest.private) versions[manifest.name] = manifest.version;
  }
  return versions;
}

/** The versions of frameworks and clients that the workspace is tested with. */
async function readCatalog() {
  const text = await readFile(join(root, "pnpm-workspace.yaml"), "utf8");
  const block = text.match(/^catalog:\n((?: {2}.*\n)+)/m)[1];
  return Object.fromEntries(
    [...block.matchAll(/^ {2}"?([^":]+)"?: (.+)$/gm)].map(([, name, version]) => [name, version]),
  );
}

/** Makes a clean project and installs into it. Gives its directory. */
async function makeProject({ name, packages, others = [] }, { registry, versions, catalog }, files) {
  const project = projectOf(name);
  await mkdir(project);
  const dependencies = Object.fromEntries([
    ...["core", ...packages].map((folder) => [`@cachette/${folder}`, versions[`@cachette/${folder}`]]),
    ...[...others, "@types/node"].map((other) => [other, catalog[other]]),
  ]);
  const all = {
    ".npmrc": scopeLine(registry),
    "package.json": JSON.stringify({ name: `consumer-${name}`, private: true, dependencies }),
    ...files,
  };
  for (const [file, text] of Object.entries(all)) await writeFile(join(project, file), text);
  await run("npm", ["install", "--no-audit", "--no-fund", "--no-package-lock"], project);
  return project;
}

function projectOf(name) {
  return join(directory, `consumer-${name}`);
}

function sourceOf(name) {
  return readFile(join(root, "scripts/consumers", `${name}.ts`), "utf8");
}

/** Makes a project and uses it in each form. */
async function tryOut(consumer, context) {
  const { name, lib = ["ES2023"], use } = consumer;
  const source = await sourceOf(name);
  const compilerOptions = {
    ...{ module: "NodeNext", target: "ES2023", lib, outDir: "compiled", types: ["node"] },
    ...{ strict: true, exactOptionalPropertyTypes: true, skipLibCheck: false },
  };
  const project = await makeProject(consumer, context, {
    "tsconfig.json": JSON.stringify({ compilerOptions, files: ["main.mts", "main.cts"] }),
    "main.mts": source,
    "main.cts": source,
    "main.mjs": (await transform(source, { loader: "ts", format: "esm" })).code,
    "main.cjs": (await transform(source, { loader: "ts", format: "cjs" })).code,
  });
  await run("tsc", ["-p", "."], project);
  const forms = {
    "ES module": "main.mjs",
    CommonJS: "main.cjs",
    "TypeScript to ES module": "compiled/main.mjs",
    "TypeScript to CommonJS": "compiled/main.cjs",
  };
  for (const [form, file] of Object.entries(forms)) {
    await telling(`${name} as ${form}`, use([consumerNode, file], project, context));
  }
  return { name, forms: Object.keys(forms) };
}

/** What uses a project that is there, on each runtime that it is for and that is to be had. */
function trialsElsewhere({ name, use, runtimes: wanted = [] }, runtimes, context) {
  return wanted
    .flatMap((runtime) => runtimes[runtime] ?? [])
    .map(({ label, command }) => async () => {
      await telling(`${name} on ${label}`, use([...command, "main.mjs"], projectOf(name), context));
      return { name, on: label, forms: ["ES module"] };
    });
}

/** A worker in one file, as it is deployed. */
async function tryWorker({ label, command }, context) {
  const { name } = worker;
  const port = await freePort();
  const project = await makeProject(worker, context, {
    "main.ts": await sourceOf(name),
    "config.capnp": workerConfig("main.js", port),
  });
  const conditions = ["workerd", "worker", "browser"];
  await build({ entryPoints: [join(project, "main.ts")], bundle: true, format: "esm", conditions, outdir: project });
  const portOf = async (server) => {
    await listens(server, port);
    return port;
  };
  await telling(`${name} on ${label}`, serves([...command, "serve", "config.capnp"], project, context, portOf));
  return { name, on: label, forms: ["one file"] };
}

/** An error tells which project it is of. */
async function telling(where, work) {
  try {
    await work;
  } catch (error) {
    throw new Error(`consumer project ${where}: ${error.message}`, { cause: error });
  }
}

async function listens(server, port) {
  for (const deadline = Date.now() + 20_000; ; await sleep(50)) {
    if (server.exitCode !== null) throw new Error(`the server ended with ${server.exitCode}`);
    const answer = await fetch(`http://127.0.0.1:${port}/none`).catch(() => undefined);
    if (answer !== undefined) return;
    if (Date.now() > deadline) throw new Error("the server does not answer");
  }
}

/** A program that does its work and ends by itself. */
async function runs([command, ...args], project, { redisUrl }) {
  const output = await run(command, args, project, { REDIS_URL: redisUrl });
  assert.match(output, /^done$/m);
}

/** A server: it is asked for what a cached route promises. */
async function serves([command, ...args], project, _context, portOf = announcedPort) {
  const server = spawn(command, args, {
    cwd: project,
    env: environment(),
    stdio: ["ignore", "pipe", "pipe"],
  });
  const exited = once(server, "exit");
  try {
    await ask(await portOf(server));
  } finally {
    server.kill("SIGKILL");
    await exited;
  }
}

async function ask(port) {
  const request = async (path, options) => {
    const response = await fetch(`http://127.0.0.1:${port}${path}`, options);
    const { status, headers } = response;
    return { status, headers, state: headers.get("x-cache"), body: await response.text() };
  };
  const first = await request("/x?q=1");
  const second = await request("/x?q=1");
  assert.deepEqual([first.status, first.state, first.body], [200, "MISS", '{"q":"1","calls":1}']);
  assert.deepEqual([second.status, second.state, second.body], [200, "HIT", first.body]);
  assert.equal(second.headers.get("content-type"), first.headers.get("content-type"));

  const unchanged = await request("/x?q=1", { headers: { "if-none-match": second.headers.get("etag") } });
  assert.deepEqual([unchanged.status, unchanged.body], [304, ""]);
  assert.equal((await request("/x?q=2")).state, "MISS");

  const refused = await request("/cache", { method: "DELETE" });
  assert.equal(refused.status, 401);
  assert.equal((await request("/x?q=1")).state, "HIT");
  const purged = await request("/cache", { method: "DELETE", headers: { authorization: "Bearer secret" } });
  assert.equal(purged.status, 200);
  const third = await request("/x?q=1");
  assert.deepEqual([third.state, third.body], ["MISS", '{"q":"1","calls":3}']);

  // Loaded anew behind an answer that is not fresh any more.
  assert.equal((await request("/stale")).body, '{"run":1}');
  await sleep(60);
  const stale = await request("/stale");
  assert.deepEqual([stale.state, stale.body], ["STALE", '{"run":1}']);
  for (const deadline = Date.now() + 5_000; (await request("/stale")).body === stale.body; await sleep(10)) {
    assert.ok(Date.now() < deadline, "a stale answer is loaded anew in the background");
  }
}

/** The port that a server says it listens on. */
function announcedPort(server) {
  return new Promise((resolve, reject) => {
    let output = "";
    for (const stream of [server.stdout, server.stderr]) {
      stream.setEncoding("utf8").on("data", (chunk) => {
        output += chunk;
        const port = output.match(/^port (\d+)$/m)?.[1];
        if (port) resolve(Number(port));
      });
    }
    server.once("exit", () => reject(new Error(`the server ended:\n${output}`)));
  });
}

function scopeLine({ url }) {
  return `@cachette:registry=${url}\n`;
}

/** Runs a command to its end; its output is the result, or part of the error. */
async function run(command, args, cwd, variables = {}) {
  const child = spawn(command, args, { cwd, env: environment(variables), stdio: ["ignore", "pipe", "pipe"] });
  let output = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding("utf8").on("data", (chunk) => {
      output += chunk;
    });
  }
  const [code] = await once(child, "close");
  if (code !== 0) throw new Error(`${command} ${args.join(" ")} in ${cwd} ended with ${code}:\n${output}`);
  return output;
}

/** With the tools of the workspace, and a name for git. */
function environment(variables = {}) {
  return cleanEnvironment({
    PATH: [tools, process.env.PATH].join(delimiter),
    CI: "true",
    DO_NOT_TRACK: "1",
    TURBO_TELEMETRY_DISABLED: "1",
    GIT_AUTHOR_NAME: "Rehearsal",
    GIT_AUTHOR_EMAIL: "rehearsal@example.invalid",
    GIT_COMMITTER_NAME: "Rehearsal",
    GIT_COMMITTER_EMAIL: "rehearsal@example.invalid",
    ...variables,
  });
}
