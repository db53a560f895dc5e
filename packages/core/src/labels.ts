import { bounded } from "./bounded.ts";

/** The label that every entry of a cache carries. */
export const everything = "*";

/** The first character keeps the three sorts of labels apart, whatever a namespace or tag is called. */
export function namespaceLabel(namespace: string): string {
  return `n:${bounded(namespace)}`;
}

export function tagLabel(tag: string): string {
  return `t:${bounded(tag)}`;
}

/** Whether two entries' label lists are alike; the order is part of it. */
export function sameLabels(left: readonly string[], right: readonly string[]): boolean {
  return left === right || (left.length === right.length && left.every((label, index) => label === right[index]));
}
