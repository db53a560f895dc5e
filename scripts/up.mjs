// From a fresh checkout to a running task with nothing but Node 20 and npm on the machine:
//   node scripts/up.mjs demo [express|fastify|hono] [arguments of the demo]
//   node scripts/up.mjs test [arguments of scripts/test.mjs]
// Installs with the pnpm of package.json (through npx, nothing global) and then runs the task itself, without npm or a
// shell in between, so that signals reach it and its exit code comes back.
import { spawn } from "node:child_process";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { constants } from "node:os";
import { delimiter, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { cleanEnvironment } from "./environment.mjs";

const root = fileURLToPath(new URL("..", import.meta.url));
const windows = process.platform === "win32";
const pnpm = `pnpm@${readJson("package.json").devEngines.packageManager.version}`;
/** What the tools need when the Node of the machine is too old for them; the demos run on Node 20 too. */
const toolsNode = "24.21.0";

const tasks = { demo, test };
const [task, ...args] = process.argv.slice(2);
if (!Object.hasOwn(tasks, task)) fail(`Which task? One of: ${Object.keys(tasks).join(", ")}.`);
if (Number(process.versions.node.split(".")[0]) < 20) fail(`Node 20 or newer is needed, this is ${process.version}.`);

let child;
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.on(signal, () => stop(signal));
watchParent();
const env = cleanEnvironment();
process.exitCode = await tasks[task](args);

async function demo([first, ...rest]) {
  const names = frameworks();
  const name = first && !first.startsWith("-") ? first : "express";
  const others = name === first ? rest : [first, ...rest].filter(Boolean);
  if (!names.includes(name)) fail(`There is no demo for "${name}". One of: ${names.join(", ")}.`);
  // The first time a fraction of the packages is enough, and what the lockfile names is taken as it stands: asking the
  // registry about the age of each takes longer than the rest. An installation of everything is not thinned out again.
  const everything = existsSync(join(root, "node_modules/turbo"));
  const installed = await install(
    everything ? [] : ["--prod", `--filter=demo-${name}...`, "--config.trust-lockfile=true"],
  );
  if (installed !== 0) return installed;
  const [, ...command] = readJson(`apps/demo-${name}/package.json`).scripts.start.split(" ");
  return run(process.execPath, [...command, ...others], { cwd: join(root, "apps", `demo-${name}`), env });
}

/** The demos there are: apps called demo-… that can be started. */
function frameworks() {
  const demos = readdirSync(join(root, "apps")).filter((name) => name.startsWith("demo-"));
  return demos.filter((name) => readJson(`apps/${name}/package.json`).scripts?.start).map((name) => name.slice(5));
}

async function test(rest) {
  const own = newEnough();
  const node = own ? process.execPath : await fetchNode();
  if (node === undefined) return 1;
  const installed = await install(own ? [] : [`--config.node-version=${toolsNode}`]);
  if (installed !== 0) return installed;
  const path = [dirname(node), env.PATH].join(delimiter);
  const tools = { ...env, PATH: path, CONSUMER_NODE: process.execPath };
  return run(node, [join(root, "scripts/test.mjs"), ...rest], { cwd: root, env: tools });
}

function install(more) {
  const command = ["pnpm", "install", "--frozen-lockfile", "--prefer-offline", "--reporter=append-only", ...more];
  const options = { cwd: root, env, stdio: ["ignore", "inherit", "inherit"], shell: windows };
  // Under a pnpm of the right major there is no need for another one.
  if (process.env.npm_config_user_agent?.startsWith("pnpm/12.")) return run(command[0], command.slice(1), options);
  return run("npx", ["--yes", "--allow-scripts=pnpm", `--package=${pnpm}`, "--", ...command], options);
}

/** The path of a Node for the tools, fetched through npm into npm's own cache. */
async function fetchNode() {
  let path = "";
  const options = { cwd: root, env, stdio: ["ignore", "pipe", "inherit"], shell: windows };
  const code = await run(
    "npx",
    ["--yes", `--package=node@${toolsNode}`, "--", "node", "-p", "process.execPath"],
    options,
    (text) => {
      path += text;
    },
  );
  return code === 0 ? path.trim().split("\n").at(-1) : undefined;
}

/** Mirrors `devEngines.runtime` in package.json. */
function newEnough() {
  const [major, minor] = process.versions.node.split(".").map(Number);
  return (major === 22 && minor >= 18) || (major === 24 && minor >= 11) || major >= 26;
}

function run(command, commandArgs, options, onOutput) {
  return new Promise((resolve) => {
    // A group of its own: a Ctrl-C in the terminal comes to it once, through stop().
    child = spawn(command, commandArgs, { stdio: "inherit", ...options, detached: !windows });
    child.stdout?.setEncoding("utf8").on("data", onOutput);
    child.on("error", (error) => {
      console.error(`${command}: ${error.message}`);
      resolve(1);
    });
    child.on("exit", (code, signal) => resolve(code ?? 128 + constants.signals[signal]));
  });
}

function stop(signal) {
  if (!child || child.exitCode !== null || child.signalCode !== null) process.exit(128 + constants.signals[signal]);
  try {
    if (windows) child.kill(signal);
    else process.kill(-child.pid, signal);
  } catch {
    // It has ended in the meantime.
  }
}

/** `npm run` dies of a SIGTERM without telling anyone; a new parent is how it shows. */
function watchParent() {
  const parent = process.ppid;
  const timer = setInterval(() => {
    if (process.ppid === parent) return;
    clearInterval(timer);
    stop("SIGTERM");
  }, 200);
  timer.unref();
}

function readJson(path) {
  return JSON.parse(readFileSync(join(root, path), "utf8"));
}

function fail(message) {
  console.error(message);
  process.exit(2);
}
