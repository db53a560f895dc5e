// A registry of our own for a rehearsal of a release: empty, on a free port, gone afterwards.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { createWriteStream } from "node:fs";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { freePort } from "../test/redis-server.ts";

/** Starts it with its files in `directory`. `token` is that of a user who may publish `@cachette/*`. */
export async function startRegistry(directory) {
  await mkdir(directory, { recursive: true });
  const port = await freePort();
  const url = `http://127.0.0.1:${port}/`;
  const config = join(directory, "config.yaml");
  await writeFile(
    config,
    [
      `storage: ${join(directory, "storage")}`,
      `auth: { htpasswd: { file: ${join(directory, "htpasswd")} } }`,
      `packages: { "@cachette/*": { access: $all, publish: $authenticated } }`,
      "log: { type: stdout, format: json, level: warn }",
      "",
    ].join("\n"),
  );

  const manifest = createRequire(import.meta.url).resolve("verdaccio/package.json");
  const { bin } = JSON.parse(await readFile(manifest, "utf8"));
  const program = join(dirname(manifest), typeof bin === "string" ? bin : bin.verdaccio);
  const server = spawn(process.execPath, [program, "--config", config, "--listen", `127.0.0.1:${port}`], {
    cwd: directory,
    stdio: ["ignore", "pipe", "pipe"],
  });
  const log = createWriteStream(join(directory, "registry.log"));
  server.stdout.pipe(log, { end: false });
  server.stderr.pipe(log, { end: false });
  const exited = once(server, "exit");
  const kill = () => server.kill("SIGKILL");
  process.once("exit", kill);
  const stop = async () => {
    kill();
    await exited;
    log.end();
    process.off("exit", kill);
  };

  try {
    return { url, token: await login(url, server), stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

async function login(url, server) {
  const user = { name: "ci", password: "rehearsal-of-a-release" };
  for (const deadline = Date.now() + 30_000; ; ) {
    if (server.exitCode !== null) throw new Error(`the registry exited with code ${server.exitCode}`);
    try {
      const response = await fetch(new URL("-/user/org.couchdb.user:ci", url), {
        method: "PUT",
        headers: { "content-type": "application/json" },
        body: JSON.stringify(user),
      });
      const { token } = await response.json();
      if (token) return token;
      throw new Error(`no token: ${response.status}`);
    } catch (error) {
      if (Date.now() > deadline) throw error;
      await sleep(50);
    }
  }
}
