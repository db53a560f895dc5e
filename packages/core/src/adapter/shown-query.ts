import { queryNames } from "../http/index.ts";

/**
 * What was made of the query of a received target, with what another target has left of it, in that one's order. What the
 * received target does not name stays, as defaults do, unless it was made of a name such as `a[b]` that is left out.
 */
export function shownQuery(query: object, received: string, target: string): object {
  const kept = new Set(queryNames(target));
  const dropped = queryNames(received).filter((name) => !kept.has(name));
  const isDropped = (key: string) =>
    dropped.some((name) => name === key || name.startsWith(`${key}[`) || name.startsWith(`${key}.`));
  const names = [...kept].filter((name) => Object.hasOwn(query, name));
  const rest = Object.keys(query).filter((key) => !kept.has(key) && !isDropped(key));
  const shown: object = Object.create(Object.getPrototypeOf(query));
  for (const name of [...names, ...rest]) {
    const value = Object.getOwnPropertyDescriptor(query, name);
    if (value !== undefined) Object.defineProperty(shown, name, value);
  }
  return shown;
}
