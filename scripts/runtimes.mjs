// Other runtimes than Node, from npm: where the packages are tried out as well.
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";

const versions = { bun: "1.4.5", deno: "2.9.6", workerd: "1.20261117.1" };

/** How each runs a program. */
const commands = { bun: ["bun"], deno: ["deno", "run", "--allow-all"] };

/**
 * Installs the runtimes into a directory. Gives, for those that start on this machine, a label and the command that a
 * program is put behind; `workerd` takes a configuration instead. Tells of those that do not start.
 */
export async function installRuntimes(directory, run) {
  await mkdir(directory);
  await writeFile(join(directory, "package.json"), JSON.stringify({ private: true, dependencies: versions }));
  await run("npm", ["install", "--no-audit", "--no-fund", "--no-package-lock"], directory);
  const found = {};
  for (const [name, version] of Object.entries(versions)) {
    const [program, ...args] = commands[name] ?? [name];
    const path = join(directory, "node_modules/.bin", program);
    // A machine may lack what a runtime is compiled for, such as newer instructions of the processor.
    const starts = await run(path, ["--version"], directory).then(
      () => true,
      (error) => console.log(`not tried on ${name} ${version}, which does not start here: ${error.message}`),
    );
    if (starts) found[name] = { label: `${name} ${version}`, command: [path, ...args] };
  }
  return found;
}

/** What workerd is told to serve one module, a file beside its configuration. */
export function workerConfig(file, port) {
  return `using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (
  services = [(name = "main", worker = .worker)],
  sockets = [(name = "http", address = "127.0.0.1:${port}", http = (), service = "main")]
);
const worker :Workerd.Worker = (
  modules = [(name = "worker", esModule = embed "${file}")],
  compatibilityDate = "2026-11-01"
);
`;
}
