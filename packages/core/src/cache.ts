import type { Counters } from "./counters.ts";
import { CachetteError, invalidOption } from "./errors.ts";
import { type CacheInternals, internals } from "./internals.ts";
import { checkedTail, type FunctionCall, type KeyBuilder } from "./key-builder.ts";
import { everything, namespaceLabel, tagLabel } from "./labels.ts";
import {
  type CacheOptions,
  checkBoolean,
  checkFunction,
  checkObject,
  checkTags,
  type ResolvedOptions,
  resolveOptions,
} from "./options.ts";
import { Pipeline } from "./pipeline.ts";
import { glanceValue, type Recipe, resolveValue } from "./resolver.ts";
import { fullKey, Spaces } from "./space.ts";
import { Store } from "./store.ts";
import { Telemetry } from "./telemetry.ts";
import { type Use, type UseOptions, Uses, useOptionNames } from "./use.ts";
import { type Cacheable, functionName, type WrapOptions, type Wrapped, wrapFunction } from "./wrap.ts";

export interface SetOptions extends UseOptions {
  /** Labels to invalidate by. */
  readonly tags?: readonly string[];
}

export interface GetOrSetOptions<Value> extends UseOptions {
  /** Labels to invalidate by: a fixed list, or what the value says. */
  readonly tags?: readonly string[] | ((value: Value) => readonly string[]);
}

export interface GetOptions extends Omit<UseOptions, "ttl"> {}

export interface PurgeOptions {
  /** `true` makes entries stale rather than gone. Default: `false`. */
  readonly soft?: boolean;
}

export interface ClearOptions extends PurgeOptions {
  /** Clears this namespace and no other. Default: that of the view the call is made on, else the whole cache. */
  readonly namespace?: string;
}

/** What can be done with a cache as a whole and with one of its namespaces alike. */
export interface CacheScope {
  /** The value under `key`, or `undefined` if there is none, it is not fresh, or the backend is out of reach. */
  get<Value = unknown>(key: string, options?: GetOptions): Promise<Value | undefined>;

  /** Stores a value. Says whether it was stored; if it was not, what was there before is gone all the same. */
  set(key: string, value: unknown, options?: SetOptions): Promise<boolean>;

  /**
   * The value under `key`, else what `load` gives, which is stored. However many callers wait, one load runs, and its
   * error reaches all of them as it is. `null` and `undefined` are values like any other.
   */
  getOrSet<Value>(key: string, load: () => Value | Promise<Value>, options?: GetOrSetOptions<Value>): Promise<Value>;

  /**
   * A function with a cache in front.
   * @throws CachetteError `NAME_MISSING`, `OPTION_INVALID`
   */
  wrap<Fn extends Cacheable, Tail extends string | Promise<string> = string>(
    fn: Fn,
    options?: WrapOptions<Fn, Tail>,
  ): Wrapped<Fn, Tail>;

  /**
   * Removes one entry; a load under way for it is not stored. Says whether there was one. Rejects with
   * `INVALIDATION_PENDING` if the backend is out of reach: the removal is remembered, see `clear`.
   */
  delete(key: string, options?: { readonly namespace?: string }): Promise<boolean>;

  /**
   * Removes all entries, or those of one namespace, at a cost that does not depend on how many there are. What a load
   * under way computes is not served afterwards either. Rejects with `INVALIDATION_PENDING` if the backend is out of
   * reach: the purge is remembered, and this process serves nothing from the backend until it has been carried out.
   */
  clear(options?: ClearOptions): Promise<void>;

  /** Removes all entries that carry any of `tags`, in every namespace. As `clear` otherwise. */
  invalidateTags(tags: readonly string[], options?: PurgeOptions): Promise<void>;
}

export interface Cache extends CacheScope {
  /** The cache with another default namespace. */
  namespace(namespace: string): CacheScope;
  /** Sums since the cache was created. */
  counters(): Counters;
  /** Whether the backend answers within the deadline. */
  ping(): Promise<boolean>;
  /**
   * Waits for what is being written, then closes the backend, which closes what it opened itself. Afterwards values
   * are computed and not stored, and purges reject with `CACHE_CLOSED`.
   */
  close(): Promise<void>;
  /** For the parts of the library that are built on a cache. */
  readonly [internals]: CacheInternals;
}

/**
 * A cache: `createCache({ backend: memoryBackend({ maxBytes: "64mb" }), prefix: "shop", ttl: "1m" })`. Several in one
 * process are independent of each other.
 * @throws CachetteError `OPTION_INVALID`
 */
export function createCache(options: CacheOptions): Cache {
  return new CacheHandle(new CacheCore(resolveOptions(options)));
}

/** What all views of one cache have in common. */
class CacheCore implements CacheInternals {
  readonly options: ResolvedOptions;
  readonly telemetry: Telemetry;
  readonly spaces: Spaces;
  readonly uses: Uses;
  readonly pipeline: Pipeline;
  closed = false;
  /** The functions that are told apart by their own names alone. */
  readonly #named = new Map<string, Cacheable>();

  constructor(options: ResolvedOptions) {
    const { clock, backend, near, prefix, deadline, breaker, lease } = options;
    this.options = options;
    this.telemetry = new Telemetry(options.onEvent);
    this.spaces = new Spaces(prefix);
    this.uses = new Uses(options, this.spaces);
    const store = new Store({ backend, near, prefix, clock, telemetry: this.telemetry, deadline, breaker, lease });
    this.pipeline = new Pipeline(store, clock, this.telemetry, options.patience);
  }

  readonly enabled = (): boolean => !this.closed && this.options.enabled();

  readonly remove = (key: string): Promise<boolean> => {
    if (this.closed) return Promise.reject(closedError());
    return this.pipeline.remove(key);
  };

  async purge(
    labels: readonly string[],
    what: { readonly namespace?: string; readonly tags?: readonly string[] },
    soft: boolean = false,
  ): Promise<void> {
    checkBoolean("soft", soft);
    if (this.closed) throw closedError();
    const kind = soft ? "soft" : "hard";
    await this.pipeline.store.invalidate(labels, kind);
    this.telemetry.invalidate(kind, what);
  }

  /** Two functions that merely happen to have the same name must not share entries. */
  claimName(space: string, fn: Cacheable): void {
    const claim = `${space}${fn.name}`;
    const known = this.#named.get(claim);
    if (known !== undefined && known !== fn) {
      throw invalidOption("name", "a name for this function, as another of the same name is already cached", fn.name);
    }
    this.#named.set(claim, fn);
  }
}

class CacheView implements CacheScope {
  protected readonly core: CacheCore;
  readonly #namespace: string | undefined;
  readonly #plain: Use;

  constructor(core: CacheCore, namespace?: string) {
    this.core = core;
    this.#namespace = namespace;
    this.#plain = core.uses.resolve({}, namespace, undefined);
  }

  async get<Value = unknown>(key: string, options?: GetOptions): Promise<Value | undefined> {
    const use = this.#use(options, []);
    const full = fullKey(use.space, checkedTail(key));
    if (!this.core.enabled()) return undefined;
    const { pipeline, telemetry } = this.core;
    const entry = await pipeline.peek(full, use);
    if (entry === undefined) return undefined;
    try {
      return use.packing.unpack(entry) as Value;
    } catch (error) {
      telemetry.decodeError(full, error);
      return undefined;
    }
  }

  async set(key: string, value: unknown, options?: SetOptions): Promise<boolean> {
    const use = this.#use(options, ["ttl", "tags"], options?.tags);
    const full = fullKey(use.space, checkedTail(key));
    if (this.core.enabled()) return this.core.pipeline.put(full, use, value);
    // Switched off for a while perhaps: what is there must not come back later.
    this.core.pipeline.store.distrust(full);
    return false;
  }

  getOrSet<Value>(key: string, load: () => Value | Promise<Value>, options?: GetOrSetOptions<Value>): Promise<Value> {
    try {
      const tags = options?.tags;
      const use = this.#use(options, ["ttl", "tags"], typeof tags === "function" ? undefined : tags);
      const tail = checkedTail(key);
      if (typeof load !== "function") throw invalidOption("load", "a function", load);
      if (!this.core.enabled()) return Promise.resolve().then(load);
      const hit = glanceValue<Value>(this.core.pipeline, use, tail);
      if (hit !== undefined) return hit;
      const recipe: Recipe<Value> = {
        use,
        load,
        settle: typeof tags === "function" ? (result) => ({ tags: checkTags(tags(result)) }) : undefined,
      };
      return resolveValue(this.core.pipeline, fullKey(use.space, tail), recipe);
    } catch (error) {
      return Promise.reject(error);
    }
  }

  wrap<Fn extends Cacheable, Tail extends string | Promise<string> = string>(
    fn: Fn,
    options: WrapOptions<Fn, Tail> = {},
  ): Wrapped<Fn, Tail> {
    if (typeof fn !== "function") throw invalidOption("fn", "a function", fn);
    checkObject("options of wrap", options, [...useOptionNames, "ttl", "name", "key", "tags"]);
    checkFunction("key", options.key);
    const { tags } = options;
    const name = functionName(options.name, fn);
    const use = this.core.uses.resolve(options, this.#namespace, typeof tags === "function" ? undefined : tags);
    if (options.name === undefined) this.core.claimName(use.space.head, fn);
    return wrapFunction(fn, {
      pipeline: this.core.pipeline,
      use,
      enabled: this.core.enabled,
      name,
      key: (options.key as KeyBuilder<FunctionCall> | undefined) ?? this.core.options.keyBuilder,
      tags: typeof tags === "function" ? (tags as (...resultAndArguments: unknown[]) => readonly string[]) : undefined,
      remove: this.core.remove,
    });
  }

  async delete(key: string, options: { readonly namespace?: string } = {}): Promise<boolean> {
    checkObject("options of delete", options, ["namespace"]);
    const { namespace = this.#namespace } = options;
    const space = this.core.spaces.of(namespace);
    return this.core.remove(fullKey(space, checkedTail(key)));
  }

  async clear(options: ClearOptions = {}): Promise<void> {
    checkObject("options of clear", options, ["namespace", "soft"]);
    const { namespace = this.#namespace, soft } = options;
    const { spaces, pipeline } = this.core;
    const head = namespace === undefined ? spaces.head : spaces.of(namespace).head;
    const label = namespace === undefined ? everything : namespaceLabel(namespace);
    await this.core.purge([label], namespace === undefined ? {} : { namespace }, soft);
    if (!soft) pipeline.store.reclaim(head, label);
  }

  async invalidateTags(tags: readonly string[], options: PurgeOptions = {}): Promise<void> {
    checkObject("options of invalidateTags", options, ["soft"]);
    const labels = [...new Set(checkTags(tags))].map(tagLabel);
    if (labels.length > 0) await this.core.purge(labels, { tags }, options.soft);
  }

  /** `more`: names of options beyond those that every use has. */
  #use(options: UseOptions | undefined, more: readonly string[], tags?: readonly string[]): Use {
    if (options === undefined) return this.#plain;
    checkObject("options", options, [...useOptionNames, ...more]);
    return this.core.uses.resolve(options, this.#namespace, tags);
  }
}

class CacheHandle extends CacheView implements Cache {
  #closing: Promise<void> | undefined;

  get [internals](): CacheInternals {
    return this.core;
  }

  namespace(namespace: string): CacheScope {
    return new CacheView(this.core, this.core.spaces.of(namespace).namespace);
  }

  counters(): Counters {
    return this.core.telemetry.counters();
  }

  async ping(): Promise<boolean> {
    return !this.core.closed && this.core.pipeline.store.ping();
  }

  close(): Promise<void> {
    this.core.closed = true;
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    const { pipeline } = this.core;
    await pipeline.drain();
    await pipeline.store.close();
  }
}

function closedError(): CachetteError {
  return new CachetteError({ code: "CACHE_CLOSED" });
}
