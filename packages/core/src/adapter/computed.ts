import { Shadow, shadow, together } from "./shadow.ts";
import type { Watching } from "./watching.ts";

/**
 * Watches properties that a framework computes from others, such as a host name from two fields: what it looks at on
 * the way does not count, `tell` says what does. Values are as before. Gives the way back.
 */
export function watchComputed(
  target: object,
  watching: Watching,
  properties: Readonly<Record<string, () => void>>,
): () => void {
  const names = Object.entries(properties).filter(([name]) => name in target && !Object.hasOwn(target, name));
  return together(
    ...names.map(([name, tell]) => {
      const get = () => {
        tell();
        return watching.silently(() => Reflect.get(Object.getPrototypeOf(target), name, target));
      };
      const set = (value: unknown) => {
        Object.defineProperty(target, name, { value, writable: true, enumerable: true, configurable: true });
      };
      return shadow(target, name, new Shadow(get, set));
    }),
  );
}
