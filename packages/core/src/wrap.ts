import { Alias } from "./alias.ts";
import { canonicalArguments } from "./canonical.ts";
import { CachetteError, invalidOption } from "./errors.ts";
import { buildTail, type FunctionCall, type KeyBuilder } from "./key-builder.ts";
import { Memo } from "./memo.ts";
import type { Pipeline } from "./pipeline.ts";
import { isPromise } from "./promise.ts";
import { fillValue, glanceValue, loadAlone, type Recipe, resolveValue } from "./resolver.ts";
import type { ResultOptions, Settler } from "./result-options.ts";
import { fullKey } from "./space.ts";
import type { Use, UseOptions } from "./use.ts";

/** Any function that can be wrapped. */
export type Cacheable = (...args: never[]) => unknown;

/** What a call of the function comes to, promises resolved. */
export type ResultOf<Fn extends Cacheable> = Awaited<ReturnType<Fn>>;

/** `ttl`, `tags` and `storeIf` may be functions of the result and the arguments. */
export interface WrapOptions<Fn extends Cacheable, Tail extends string | Promise<string> = string>
  extends Omit<UseOptions, "ttl">,
    ResultOptions<[result: ResultOf<Fn>, ...args: Parameters<Fn>]> {
  /** Tells the function's entries from those of others. Default: the function's own name; without one it is required. */
  readonly name?: string;
  /** Makes the tail of the key. Default: the cache's `keyBuilder`, else name and arguments: `user(42)`. */
  readonly key?: KeyBuilder<FunctionCall<Parameters<Fn>>, Tail>;
}

/**
 * A cached function: the same parameters, and a promise of the same result. One that gave a promise before keeps its
 * signature as it is, type parameters included.
 */
export type Wrapped<Fn extends Cacheable, Tail extends string | Promise<string> = string> = CallOf<Fn> &
  WrappedMembers<Fn, Tail>;

type CallOf<Fn extends Cacheable> = [ReturnType<Fn>, Promise<ResultOf<Fn>>] extends [Promise<unknown>, ReturnType<Fn>]
  ? Fn
  : (this: ThisParameterType<Fn>, ...args: Parameters<Fn>) => Promise<ResultOf<Fn>>;

interface WrappedMembers<Fn extends Cacheable, Tail extends string | Promise<string>> {
  /** Loads anew whatever is stored, and stores the result. Callers who come meanwhile share that load. */
  refresh(...args: Parameters<Fn>): Promise<ResultOf<Fn>>;
  /**
   * Removes the entry of these arguments; a load under way for them is not stored. Says whether there was an entry.
   * Rejects with `INVALIDATION_PENDING` if the backend is out of reach.
   */
  invalidate(...args: Parameters<Fn>): Promise<boolean>;
  /** The key of these arguments within its namespace, as `get` and `delete` take it. */
  keyFor(...args: Parameters<Fn>): Tail;
}

export interface WrapPlan {
  readonly pipeline: Pipeline;
  readonly use: Use;
  readonly enabled: () => boolean;
  readonly name: string;
  readonly key: KeyBuilder<FunctionCall> | undefined;
  readonly settler: Settler<unknown[]> | undefined;
  readonly remove: (key: string) => Promise<boolean>;
}

/** The cached form of `fn`. Every error, those of building the key too, comes as a rejection. */
export function wrapFunction<Fn extends Cacheable, Tail extends string | Promise<string>>(
  fn: Fn,
  plan: WrapPlan,
): Wrapped<Fn, Tail> {
  const { pipeline, use, name, settler, key: build } = plan;
  const call = fn as unknown as (...args: unknown[]) => ResultOf<Fn> | Promise<ResultOf<Fn>>;

  const tails = new Tails(name);

  function tailOf(args: readonly unknown[]): string | Promise<string> {
    return build === undefined ? tails.of(args) : buildTail(build, { name, arguments: args }, () => tails.of(args));
  }

  function recipe(self: unknown, args: unknown[], key?: string): Recipe<ResultOf<Fn>> {
    return {
      use,
      key,
      load: () => call.apply(self, args),
      settle: settler === undefined ? undefined : (result) => settler(result, ...args),
    };
  }

  /** Runs `task` with the tail of the key, and turns whatever is thrown on the way into a rejection. */
  function withTail<Result>(args: readonly unknown[], task: (tail: string) => Promise<Result>): Promise<Result> {
    try {
      const tail = tailOf(args);
      return isPromise(tail) ? tail.then(task) : task(tail);
    } catch (error) {
      return Promise.reject(error);
    }
  }

  /** `task` with the tail of the key, or without a cache if that is switched off. */
  function through(
    self: unknown,
    args: unknown[],
    task: (tail: string) => Promise<ResultOf<Fn>>,
  ): Promise<ResultOf<Fn>> {
    try {
      if (plan.enabled()) return withTail(args, task);
      return loadAlone(pipeline, recipe(self, args));
    } catch (error) {
      return Promise.reject(error);
    }
  }

  function resolve(this: unknown, ...args: unknown[]): Promise<ResultOf<Fn>> {
    return through(
      this,
      args,
      (tail) =>
        glanceValue(pipeline, use, tail) ?? resolveValue(pipeline, fullKey(use.space, tail), recipe(this, args, tail)),
    );
  }

  function wrapped(this: unknown): Promise<ResultOf<Fn>> {
    // What most calls come to, without a closure and a list of the arguments.
    // biome-ignore lint/complexity/noArguments: a rest parameter would be such a list, made on each call
    const given = arguments;
    try {
      const alias = given.length === 1 && build === undefined ? tails.known(given[0]) : undefined;
      const hit = alias && plan.enabled() ? glanceValue<ResultOf<Fn>>(pipeline, use, alias.tail, alias) : undefined;
      return hit ?? Reflect.apply(resolve, this, given);
    } catch (error) {
      return Promise.reject(error);
    }
  }

  function refresh(this: unknown, ...args: unknown[]): Promise<ResultOf<Fn>> {
    const self = this === wrapped ? undefined : this;
    const made = { ...recipe(self, args), renews: true };
    return through(self, args, (tail) =>
      pipeline.renew(fullKey(use.space, tail), use).then((fill) => fillValue(pipeline, fill, made)),
    );
  }

  function invalidate(...args: unknown[]): Promise<boolean> {
    return withTail(args, (tail) => plan.remove(fullKey(use.space, tail)));
  }

  Object.defineProperty(wrapped, "name", { value: name, configurable: true });
  return Object.assign(wrapped, {
    refresh,
    invalidate,
    keyFor: (...args: unknown[]) => tailOf(args),
  }) as unknown as Wrapped<Fn, Tail>;
}

/** More than this many tails are not remembered. */
const mostTails = 10_000;

/** The default tails of a function. For a single number or text they are remembered, and what entries they led to. */
class Tails {
  readonly #name: string;
  readonly #known = new Memo<unknown, Alias>(mostTails);

  constructor(name: string) {
    this.#name = name;
  }

  /** That of a single argument, if it is remembered. */
  known(argument: unknown): Alias | undefined {
    return typeof argument === "number" || typeof argument === "string" ? this.#known.get(argument) : undefined;
  }

  of(args: readonly unknown[]): string {
    const [first] = args;
    const known = args.length === 1 ? this.known(first) : undefined;
    if (known !== undefined) return known.tail;
    const tail = this.#make(args);
    if (args.length !== 1 || !(typeof first === "number" || typeof first === "string")) return tail;
    // A map takes 0 and -0 for one, and long texts are not worth their memory.
    if (first === 0 || tail.length > longestTail) return tail;
    this.#known.set(first, new Alias(tail));
    return tail;
  }

  #make(args: readonly unknown[]): string {
    return `${this.#name}(${canonicalArguments(args)})`;
  }
}

const longestTail = 100;

/** A name as it stands in a key: what separates it from arguments, or a route's method from its target, is escaped. */
export function functionName(given: string | undefined, fn: { readonly name: string }): string {
  if (given !== undefined && (typeof given !== "string" || given === "")) {
    throw invalidOption("name", "a text that is not empty", given);
  }
  const name = given ?? fn.name;
  if (typeof name !== "string" || name === "") {
    throw new CachetteError({
      code: "NAME_MISSING",
      option: "name",
      expected: "a text that is not empty, as the function has no name of its own",
      received: name,
    });
  }
  return name.replace(/[%:(]/g, (character) => `%${character.charCodeAt(0).toString(16)}`);
}
