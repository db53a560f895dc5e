import type { CacheScope } from "./cache.ts";
import { CachetteError } from "./errors.ts";
import type { FunctionCall, KeyBuilder } from "./key-builder.ts";
import type { ResultOptions } from "./result-options.ts";
import type { UseOptions } from "./use.ts";
import type { WrapOptions, Wrapped } from "./wrap.ts";

/** Functions among these need their parameters annotated: what is decorated is not known yet where they stand. */
export interface CachedOptions<Arguments extends readonly unknown[], Result>
  extends Omit<UseOptions, "ttl">,
    ResultOptions<[result: Result, ...args: Arguments]> {
  /** Default: the name of the class and of the method. */
  readonly name?: string;
  /** Makes the tail of the key. Default: the cache's `keyBuilder`, else name and arguments: `Catalogue.search("red")`. */
  readonly key?: KeyBuilder<FunctionCall<Arguments>>;
}

type Method = (...args: never[]) => Promise<unknown>;
type MethodOptions = WrapOptions<Method, string | Promise<string>>;
type WrappedMethod = Wrapped<Method, string | Promise<string>>;

/**
 * Decorates a method: `@cached(cache, { ttl: "30s" })`. It must be asynchronous, since a hit is a promise.
 * This is a standard decorator: TypeScript must not be told `experimentalDecorators`.
 *
 * The key is made of the class's name, the method's and the arguments; what the instance holds is not part of it.
 * Instances that answer differently need a `key`, or caches of their own. A subclass has entries of its own. Two classes
 * of one name need a `name` for their methods: without it, calls of the second reject with `OPTION_INVALID`.
 * @throws CachetteError `OPTION_INVALID`
 */
export function cached<Arguments extends readonly unknown[] = never[], Result = unknown>(
  cache: CacheScope,
  options: CachedOptions<Arguments, Result> = {},
): <This, Decorated extends (this: This, ...args: Arguments) => Promise<Result>>(
  method: Decorated,
  context: ClassMethodDecoratorContext<This, Decorated>,
) => Decorated {
  const { name, ...rest } = options as unknown as MethodOptions;
  return (method, context) => {
    // Made here, so that wrong options are refused here; without a name it serves nobody.
    const named: WrappedMethod = cache.wrap(method as unknown as Method, {
      ...rest,
      name: name ?? String(context.name),
    });
    const wrappedOf = new WeakMap<object, WrappedMethod>();

    function ofClass(self: unknown): WrappedMethod {
      const owner = classOf(self, context.static);
      const known = wrappedOf.get(owner);
      if (known !== undefined) return known;
      // A function of that name, so that no second one can have it.
      const wrapped: WrappedMethod = cache.wrap(renamed(method, nameIn(owner, decorated, context)), rest);
      wrappedOf.set(owner, wrapped);
      return wrapped;
    }

    function decorated(this: unknown, ...args: never[]): Promise<unknown> {
      try {
        return (name === undefined ? ofClass(this) : named).apply(this, args);
      } catch (error) {
        return Promise.reject(error);
      }
    }

    return decorated as unknown as typeof method;
  };
}

type Class = (abstract new (...args: never[]) => object) & { readonly name: string };

function classOf(self: unknown, isStatic: boolean): Class {
  const owner: unknown = isStatic ? self : (self as object | undefined)?.constructor;
  if (typeof owner === "function" && owner.name !== "") return owner as unknown as Class;
  throw new CachetteError({
    code: "NAME_MISSING",
    option: "name",
    expected: "a text that is not empty, as the class has no name of its own",
    received: undefined,
  });
}

/** `Class.method`; for one that a subclass has overridden and calls by `super`, `Subclass.Class.method`. */
function nameIn(
  owner: Class,
  decorated: unknown,
  context: Pick<ClassMethodDecoratorContext, "name" | "static">,
): string {
  const visible: object = context.static ? owner : owner.prototype;
  let definer = "";
  for (let holder: object | null = visible; holder !== null; holder = Object.getPrototypeOf(holder)) {
    if (Object.getOwnPropertyDescriptor(holder, context.name)?.value !== decorated) continue;
    const overridden = Reflect.get(visible, context.name) !== decorated;
    if (overridden) definer = `${((context.static ? holder : holder.constructor) as Class).name}.`;
    break;
  }
  return `${owner.name}.${definer}${String(context.name)}`;
}

function renamed(method: (...args: never[]) => unknown, name: string): Method {
  function call(this: unknown, ...args: never[]): unknown {
    return method.apply(this, args);
  }
  return Object.defineProperty(call, "name", { value: name }) as Method;
}
