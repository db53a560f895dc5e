// Other runtimes than Node, from npm: where the packages are tried out as well.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";

const versions = { bun: "1.4.5", deno: "2.9.6", workerd: "1.20261117.1" };

/** How each runs a program. */
const commands = { bun: ["bun"], deno: ["deno", "run", "--allow-all"] };

/**
 * Installs the runtimes into a directory. Gives, for those that start on this machine, the command that a program is put
 * behind; `workerd` takes a configuration instead. `told`: what is said of them, a line each.
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

/** Serves one module with workerd. Gives the process; it listens some time later. */
export async function serveWorker({ command: [workerd] }, project, file, port) {
  const config = `using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (
  services = [(name = "main", worker = .worker)],
  sockets = [(name = "http", address = "127.0.0.1:${port}", http = (), service = "main")]
);
const worker :Workerd.Worker = (
  modules = [(name = "worker", esModule = embed "${file}")],
  compatibilityDate = "2026-11-01"
);
`;
  await writeFile(join(project, "config.capnp"), config);
  const server = spawn(workerd, ["serve", "config.capnp"], { cwd: project, stdio: ["ignore", "inherit", "inherit"] });
  const stop = async () => {
    if (server.exitCode === null && server.kill("SIGKILL")) await once(server, "exit");
  };
  return { server, stop };
}
