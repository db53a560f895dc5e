import { execFile } from "node:child_process";
import { access, mkdir, readdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { delimiter, join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

const run = promisify(execFile);

export interface RedisBinary {
  command: string;
  /** What the program must be called: the server of Debian decides by its name what it is. */
  argv0: string;
  /** Variables that it needs beside those of this process. */
  env: Record<string, string>;
  /** `redis-cli` or `valkey-cli` of the same installation. */
  cli: string;
}

const cache = fileURLToPath(new URL("../../../node_modules/.cache/redis", import.meta.url));

const ways = `No Redis for the tests. Any of these will do:
  - REDIS_URL=redis://127.0.0.1:6379 (a server for tests: they write to it)
  - REDIS_SERVER_BIN=/path/to/redis-server
  - redis-server or valkey-server on PATH (brew install redis, apt-get install redis-server, …)
  - on Debian and Ubuntu: nothing, the package is fetched into node_modules/.cache/redis when the network allows it`;

let found: Promise<RedisBinary> | undefined;

/** Finds a Redis server to start: named, installed, or (Debian, Ubuntu) fetched without touching the system. */
export function findRedis(): Promise<RedisBinary> {
  found ??= search();
  return found;
}

async function search(): Promise<RedisBinary> {
  const named = process.env.REDIS_SERVER_BIN;
  if (named) return installed(named);
  for (const name of ["redis-server", "valkey-server"]) {
    const path = await onPath(name);
    if (path) return installed(path);
  }
  const fetched = await fromPackage();
  if (fetched) return fetched;
  if (!(await onPath("apt-get")) || !(await onPath("dpkg"))) throw new Error(ways);
  try {
    await fetchPackage();
  } catch (error) {
    throw new Error(`${ways}\n\nFetching the package failed: ${error instanceof Error ? error.message : error}`, {
      cause: error,
    });
  }
  const binary = await fromPackage();
  if (!binary) throw new Error(ways);
  return binary;
}

function installed(command: string): RedisBinary {
  const cli = command.replace(/-server(\.exe)?$/, "-cli$1");
  return { command, argv0: command, env: {}, cli };
}

async function onPath(name: string): Promise<string | undefined> {
  for (const directory of (process.env.PATH ?? "").split(delimiter)) {
    const path = join(directory, name);
    if (directory !== "" && (await exists(path))) return path;
  }
  return undefined;
}

/** What an earlier run has fetched. */
async function fromPackage(): Promise<RedisBinary | undefined> {
  const root = join(cache, "root");
  const command = join(root, "usr/bin/redis-check-rdb");
  if (!(await exists(command))) return undefined;
  const directories: string[] = [];
  for (const parent of [join(root, "usr/lib"), join(root, "lib")]) {
    const folders = await readdir(parent, { withFileTypes: true }).catch(() => []);
    directories.push(
      parent,
      ...folders.filter((folder) => folder.isDirectory()).map((folder) => join(parent, folder.name)),
    );
  }
  const path = [...directories, process.env.LD_LIBRARY_PATH].filter(Boolean).join(delimiter);
  return { command, argv0: "redis-server", env: { LD_LIBRARY_PATH: path }, cli: join(root, "usr/bin/redis-cli") };
}

/**
 * The server is in the package of the tools, where it is called redis-check-rdb. It is unpacked together with the
 * libraries that a bare system lacks: no root, no service, nothing outside node_modules.
 */
async function fetchPackage(): Promise<void> {
  await mkdir(cache, { recursive: true });
  const release = await lock(join(cache, "lock"));
  try {
    if (await fromPackage()) return;
    const debs = join(cache, "debs");
    const unpacked = join(cache, "unpacking");
    await rm(debs, { recursive: true, force: true });
    await rm(unpacked, { recursive: true, force: true });
    await mkdir(debs, { recursive: true });
    const lists = await download(["redis-tools"], debs);
    const direct = await libraries(["redis-tools"], lists);
    const further = await libraries(direct, lists);
    await download([...new Set([...direct, ...further])], debs, lists);
    for (const deb of await readdir(debs)) await run("dpkg", ["-x", join(debs, deb), unpacked]);
    await rm(debs, { recursive: true, force: true });
    await rm(join(cache, "root"), { recursive: true, force: true });
    await rename(unpacked, join(cache, "root"));
  } finally {
    await release();
  }
}

/** The libraries that packages depend on, but for those that every system of the kind has. */
async function libraries(packages: readonly string[], lists: readonly string[]): Promise<string[]> {
  const { stdout } = await run("apt-cache", [...lists, "depends", "--no-suggests", "--no-recommends", ...packages]);
  // "|Depends:" is followed by its alternatives, indented deeper: the first will do.
  const names = [...stdout.matchAll(/^ [ |]Depends: (lib\S+)/gm)].flatMap(([, name]) => name ?? []);
  return [...new Set(names)].filter((name) => !/^lib(c6|gcc)/.test(name));
}

/** Downloads packages, with the lists of the system or, when they are empty, with lists of our own; returns which. */
async function download(packages: string[], directory: string, lists?: readonly string[]): Promise<readonly string[]> {
  const get = (options: readonly string[]) => run("apt-get", [...options, "download", ...packages], { cwd: directory });
  if (lists) {
    await get(lists);
    return lists;
  }
  try {
    await get([]);
    return [];
  } catch {
    const own = ownLists();
    for (const folder of ["lists", "archives"]) await mkdir(join(cache, folder, "partial"), { recursive: true });
    await run("apt-get", [...own, "update"]);
    await get(own);
    return own;
  }
}

function ownLists(): readonly string[] {
  const settings = {
    "Dir::State::lists": join(cache, "lists"),
    "Dir::Cache": cache,
    "Dir::Cache::archives": join(cache, "archives"),
    "APT::Sandbox::User": "",
    "Debug::NoLocking": "1",
  };
  return Object.entries(settings).flatMap(([key, value]) => ["-o", `${key}=${value}`]);
}

/** Two test processes may start at once; the second waits for what the first fetches. */
async function lock(path: string): Promise<() => Promise<void>> {
  for (;;) {
    try {
      await writeFile(path, String(process.pid), { flag: "wx" });
      return () => rm(path, { force: true });
    } catch {
      const owner = Number(await readFile(path, "utf8").catch(() => ""));
      if (owner > 0 && !alive(owner)) await rm(path, { force: true });
      else await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }
}

function alive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}
