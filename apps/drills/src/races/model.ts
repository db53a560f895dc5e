import type { Stall } from "./stalls.ts";

// What is read, purged and written down in the races. A key belongs to a namespace and has a fixed tag; the odd ones
// also have a tag that only their value knows, as it changes with the version.

export const keyCount = 24;
export const namespaceCount = 3;
export const fixedTagCount = 5;
export const resultTagCount = 4;

/** The hash in the source of truth: the version of each key. */
export const truthKey = "truth";

/** What is cached: which version of which key, and which `set` put it there, if it was one. */
export interface Value {
  readonly key: number;
  readonly version: number;
  readonly set?: number;
}

export function namespaceOf(key: number): string {
  return `space-${key % namespaceCount}`;
}

export function fixedTag(group: number): string {
  return `fixed-${group}`;
}

export function resultTag(group: number): string {
  return `result-${group}`;
}

/** Which of the tags that depend on the value a value has; `undefined` for keys that have none. */
export function resultGroupOf(key: number, version: number): number | undefined {
  return key % 2 === 1 ? (key + version) % resultTagCount : undefined;
}

export function tagsOf({ key, version }: Value): string[] {
  const group = resultGroupOf(key, version);
  const fixed = fixedTag(key % fixedTagCount);
  return group === undefined ? [fixed] : [fixed, resultTag(group)];
}

export const purgeKinds = ["delete", "set", "fixed tag", "result tag", "namespace", "everything"] as const;
export type PurgeKind = (typeof purgeKinds)[number];

/** A purge as it was seen where it was made. Times on the clock that all processes share. */
export interface Purge {
  readonly kind: PurgeKind;
  /** A key, the number of a tag, the number of a namespace; 0 for everything. */
  readonly target: number;
  readonly began: number;
  readonly returned: number;
  /** Whether it reached the backend. If not, it is owed, and holds for the process that made it. */
  readonly reached: boolean;
  /** The versions of all keys just before it began: what is older was loaded before the purge. */
  readonly floors: readonly number[];
  /** For `set`: its number, which the value that it put in carries. */
  readonly set?: number;
}

/** Whether a purge removes what has been loaded of `key` with a value in `group`. */
export function covers({ kind, target }: Purge, key: number, group: number | undefined): boolean {
  if (kind === "everything") return true;
  if (kind === "namespace") return key % namespaceCount === target;
  if (kind === "fixed tag") return key % fixedTagCount === target;
  if (kind === "result tag") return group === target;
  return key === target;
}

export interface Read {
  readonly began: number;
  readonly key: number;
  readonly version: number;
  readonly set: number | undefined;
}

/** All that one process has seen. */
export interface Journal {
  readonly reads: readonly Read[];
  readonly purges: readonly Purge[];
  readonly hits: number;
  /** Reads that gave the value of another key. */
  readonly wrong: number;
  /** When it did not get to run: what it could not hear of, it could not heed. */
  readonly stalls: readonly Stall[];
}
