// Checks the package of the current folder as it would be published: what `pnpm pack` makes of it (publishConfig
// applied, workspace ranges replaced), looked at by publint and by arethetypeswrong.
import { spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const directory = mkdtempSync(join(tmpdir(), "cachette-pack-"));
process.on("exit", () => rmSync(directory, { recursive: true, force: true }));

run("pnpm", ["pack", "--pack-destination", directory]);
const tarball = join(directory, readdirSync(directory)[0]);
const manifest = run("tar", ["-xzOf", tarball, "package/package.json"]);
for (const leak of ["@cachette/source", "workspace:", "catalog:"]) {
  if (manifest.includes(leak)) fail(`"${leak}" is in the packed package.json`);
}
// Where chunks are shared, what makes CommonJS of them takes a private field for the export of the same name: `this.#a = b`
// becomes `this.#a = exports.a = b`, and whoever imports `a` then gets `b`.
for (const file of run("tar", ["-tzf", tarball])
  .split("\n")
  .filter((name) => name.endsWith(".cjs"))) {
  const [confused] = run("tar", ["-xzOf", tarball, file]).match(/#\w+ = exports\.\w+ = .*/) ?? [];
  if (confused !== undefined) fail(`${file} assigns to an export: ${confused}; give the private field another name`);
}
run("publint", ["run", tarball, "--strict"]);
// node10 resolution knows no `exports`, hence no "./http"; everything since reads them.
run("attw", [tarball, "--profile", "node16"]);

function run(command, args) {
  const { status, stdout, stderr, error } = spawnSync(command, args, { encoding: "utf8" });
  if (error) throw error;
  if (status !== 0) fail(`${command} ${args.join(" ")}\n${stdout}${stderr}`);
  return stdout;
}

function fail(message) {
  console.error(message);
  process.exit(1);
}
