import type { RequestView, RouteOptions } from "../http/index.ts";
import { composeKeyBuilders, joinKey } from "../index.ts";

/**
 * The options of one of several routes for one target, which are told apart by what they ask of requests beyond that, such
 * as a version: that joins the key. What is no data, such as a function to compare with, is told by the order of routes.
 */
export function constrained(options: RouteOptions, constraints: object): RouteOptions {
  if (Object.keys(constraints).length === 0) return options;
  const mark = markOf(constraints);
  const join = (_request: RequestView, tail: () => string) => tail() + mark;
  const { key } = options;
  return { ...options, key: typeof key === "function" ? composeKeyBuilders<RequestView>(key, join) : (key ?? join) };
}

let unnamed = 0;

function markOf(constraints: object): string {
  try {
    return joinKey("", constraints);
  } catch {
    return joinKey("", Object.keys(constraints), ++unnamed);
  }
}
