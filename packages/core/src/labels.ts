import { bounded } from "./bounded.ts";
import { Memo } from "./memo.ts";

/** The label that every entry of a cache carries. */
export const everything = "*";

/** The first character keeps the four sorts of labels apart, whatever a namespace or tag is called. */
export function namespaceLabel(namespace: string): string {
  return `n:${bounded(namespace)}`;
}

export function tagLabel(tag: string): string {
  return `t:${bounded(tag)}`;
}

/** What all entries for one target carry whose keys hold more than the target. */
export function targetLabel(target: string): string {
  return `u:${bounded(target)}`;
}

const known = new Memo<string, readonly string[]>(1_000);

/** One list for all entries with the same labels. */
export function sharedLabels(labels: readonly string[]): readonly string[] {
  return known.first(JSON.stringify(labels), labels);
}

/** Whether two entries' label lists are alike; the order is part of it. */
export function sameLabels(left: readonly string[], right: readonly string[]): boolean {
  return left === right || (left.length === right.length && left.every((label, index) => label === right[index]));
}
