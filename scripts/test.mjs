// Everything that has to hold, in one run: lint, import rules, build, size, types, packages, all tests, a release rehearsed.
// The last line is the sum: each test counts, and each step counts as one test.
// With arguments (`npm test -- --project unit duration`) only vitest runs, with these arguments.
import { spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));
const env = {
  ...process.env,
  PATH: [join(root, "node_modules/.bin"), process.env.PATH].join(delimiter),
  DO_NOT_TRACK: "1",
  TURBO_TELEMETRY_DISABLED: "1",
  ...(process.stdout.isTTY ? {} : { NO_COLOR: "1" }),
};
const temporary = mkdtempSync(join(tmpdir(), "cachette-test-"));
process.on("exit", () => rmSync(temporary, { recursive: true, force: true }));

const turbo = (task) => ["turbo", "run", task, "--output-logs=errors-only"];
const steps = [
  ["lint", "biome", "check", "--error-on-warnings", "."],
  ["unused", "knip"],
  ["imports", "depcruise", "packages", "apps", "--config", ".dependency-cruiser.mjs"],
  ["build", ...turbo("build")],
  ["size", "size-limit"],
  ["typecheck", ...turbo("typecheck"), "typecheck:root"],
  ["check:pack", ...turbo("check:pack")],
];
const release = ["release:check", process.execPath, "scripts/release-check.mjs"];

const total = { passed: 0, failed: 0, skipped: 0 };
const failures = [];
const filters = process.argv.slice(2);

if (filters.length === 0) for (const step of steps) await runStep(step);
await runTests();
if (filters.length === 0) await runStep(release);

if (failures.length > 0) console.log(`\nFailed: ${failures.join(", ")}`);
console.log(`${total.passed} passed, ${total.failed} failed${total.skipped > 0 ? `, ${total.skipped} skipped` : ""}`);
process.exitCode = total.failed > 0 ? 1 : 0;

/** A step that works says one line and what it wants to be known; one that fails says everything. */
async function runStep([name, command, ...args]) {
  const start = performance.now();
  const { code, output } = await run(command, args, "pipe");
  const ok = code === 0;
  console.log(`${ok ? "✓" : "✗"} ${name} ${seconds(start)}`);
  if (!ok || name === release[0]) console.log(output.trimEnd());
  count(name, ok);
}

async function runTests() {
  const file = join(temporary, "vitest.json");
  const args = ["run", "--reporter=default", "--reporter=json", `--outputFile.json=${file}`, ...filters];
  const { code } = await run("vitest", args, "inherit");
  const report = readReport(file);
  if (report) {
    total.passed += report.numPassedTests;
    total.failed += report.numFailedTests;
    total.skipped += report.numPendingTests + report.numTodoTests;
  }
  if (report && report.numFailedTests > 0) failures.push("tests");
  // A file that cannot be loaded, a type error outside of a test, a run that broke off: no test failed, the run did.
  else if (code !== 0 || !report) count("vitest", false);
}

function count(name, ok) {
  total[ok ? "passed" : "failed"] += 1;
  if (!ok) failures.push(name);
}

function readReport(file) {
  try {
    return JSON.parse(readFileSync(file, "utf8"));
  } catch {
    return undefined;
  }
}

function run(command, args, output) {
  return new Promise((resolve) => {
    const stdio = ["ignore", output, output];
    const child = spawn(command, args, { cwd: root, env, stdio, shell: process.platform === "win32" });
    let text = "";
    for (const stream of [child.stdout, child.stderr]) {
      stream?.setEncoding("utf8").on("data", (chunk) => {
        text += chunk;
      });
    }
    child.on("error", (error) => resolve({ code: 1, output: error.message }));
    child.on("close", (code) => resolve({ code: code ?? 1, output: text }));
  });
}

function seconds(start) {
  return `(${((performance.now() - start) / 1000).toFixed(1)} s)`;
}
