import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { cpus } from "node:os";

/** What the figures were taken on. */
export interface Machine {
  /** For people: processor, cores, system, Node. */
  readonly description: string;
  readonly node: string;
  readonly platform: string;
  readonly processor: string;
  readonly cores: number;
  /** Whether what is measured and what measures it each had a core of its own. */
  readonly pinned: boolean;
}

/** The numbers of two cores: one for what is measured, one for what puts the load on it. */
export interface Cores {
  readonly measured: number;
  readonly load: number;
}

/** Two cores that this process may use, if there are two and `taskset` to tie processes to them. */
export function findCores(): Cores | undefined {
  if (process.platform !== "linux" || spawnSync("taskset", ["--version"]).status !== 0) return undefined;
  const list = /^Cpus_allowed_list:\s*(\S+)/m.exec(readFileSync("/proc/self/status", "utf8"))?.[1] ?? "";
  const [measured, load] = coresIn(list);
  return measured === undefined || load === undefined ? undefined : { measured, load };
}

/** The numbers in a list such as `0-2,5`. */
export function coresIn(list: string): number[] {
  return [...list.matchAll(/(\d+)(?:-(\d+))?/g)].flatMap(([, first, last = first]) => {
    return Array.from({ length: Number(last) - Number(first) + 1 }, (_, index) => Number(first) + index);
  });
}

/** Ties a process to a core, with all its threads. Default: this one. */
export function pin(core: number, pid: number = process.pid): void {
  spawnSync("taskset", ["--all-tasks", "--cpu-list", "--pid", String(core), String(pid)]);
}

/** A command that runs on one core, or as it is if there is no choice. */
export function pinned(core: number | undefined, command: string, args: readonly string[]): [string, string[]] {
  if (core === undefined) return [command, [...args]];
  return ["taskset", ["--cpu-list", String(core), command, ...args]];
}

export function describeMachine(cores: Cores | undefined): Machine {
  const { version: node, platform } = process;
  const all = cpus();
  const processor = all[0]?.model.trim() || "unknown processor";
  const description = `${processor}, ${all.length} cores${cores ? ", two of them apart" : ""}, ${platform}, Node ${node}`;
  return { description, node, platform, processor, cores: all.length, pinned: cores !== undefined };
}
