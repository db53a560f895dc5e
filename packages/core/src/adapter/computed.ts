import { setOwn } from "./set-own.ts";
import { inheritedValue, Shadow, shadowAll } from "./shadow.ts";
import type { Watching } from "./watching.ts";

/**
 * Watches properties that a framework computes from others, such as a host name from two fields: what it looks at on
 * the way does not count, `tell` says what does. Values are as before. Gives the way back.
 */
export function watchComputed<Name extends string>(
  target: object,
  watching: Watching,
  names: readonly Name[],
  tell: (name: Name) => void,
): () => void {
  const computed = names.filter((name) => name in target && !Object.hasOwn(target, name));
  const get = (name: PropertyKey) => {
    tell(name as Name);
    return watching.silently(() => inheritedValue(target, name));
  };
  const set = (value: unknown, name: PropertyKey) => setOwn(target, name, value);
  return shadowAll(target, computed, new Shadow(get, set));
}
