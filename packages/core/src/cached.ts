import type { CacheScope } from "./cache.ts";
import { CachetteError } from "./errors.ts";
import type { Cacheable, WrapOptions, Wrapped } from "./wrap.ts";

type Method<This, Fn extends Cacheable> = (this: This, ...args: Parameters<Fn>) => ReturnType<Fn>;

/**
 * Decorates a method: `@cached(cache, { ttl: "30s" })`. It must be asynchronous, since a hit is a promise.
 *
 * The key is made of the class's name, the method's and the arguments; what the instance holds is not part of it.
 * Instances that answer differently need a `key`, or caches of their own. A subclass has entries of its own.
 */
export function cached<Fn extends (...args: never[]) => Promise<unknown>>(
  cache: CacheScope,
  options: WrapOptions<Fn> = {},
): <This>(method: Method<This, Fn>, context: ClassMethodDecoratorContext<This, Method<This, Fn>>) => Method<This, Fn> {
  return (method, context) => {
    const wrappedOf = new Map<string, Wrapped<Fn>>();
    const inner = method as unknown as Fn;

    return function (this, ...args) {
      const name = options.name ?? `${className(this, context.static)}.${String(context.name)}`;
      let wrapped = wrappedOf.get(name);
      if (wrapped === undefined) {
        wrapped = cache.wrap(inner, { ...options, name });
        wrappedOf.set(name, wrapped);
      }
      return wrapped.apply(this, args) as ReturnType<Fn>;
    };
  };
}

function className(self: unknown, isStatic: boolean): string {
  const owner = isStatic ? self : (self as object | undefined)?.constructor;
  const name = typeof owner === "function" ? owner.name : "";
  if (name !== "") return name;
  throw new CachetteError({
    code: "NAME_MISSING",
    option: "name",
    expected: "a text that is not empty, as the class has no name of its own",
    received: undefined,
  });
}
