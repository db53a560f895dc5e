import { abortable } from "./abort.ts";
import { ByHand } from "./by-hand.ts";
import { checkBoolean, checkFunction, checkObject, checkTags } from "./checks.ts";
import type { Counters } from "./counters.ts";
import type { Entry } from "./entry.ts";
import { CachetteError, invalidOption } from "./errors.ts";
import { type CacheInternals, internals } from "./internals.ts";
import { checkedTail, type FunctionCall, type KeyBuilder } from "./key-builder.ts";
import { everything, namespaceLabel, tagLabel } from "./labels.ts";
import type { LoadContext, LoadManyContext } from "./loading.ts";
import { loadManyAlone, type ManyRecipe, type Pairs, resolveMany } from "./many.ts";
import { type CacheOptions, type ResolvedOptions, resolveOptions } from "./options.ts";
import { Outbox } from "./outbox.ts";
import { Pipeline } from "./pipeline.ts";
import { glanceValue, loadAlone, type Recipe, resolveValue } from "./resolver.ts";
import { type ResultOptions, settlerOf } from "./result-options.ts";
import { fullKey, Spaces } from "./space.ts";
import { Store } from "./store.ts";
import { Telemetry } from "./telemetry.ts";
import { loadOptionNames, setOptionNames, type Use, type UseOptions, Uses, useOptionNames } from "./use.ts";
import { type Cacheable, functionName, type WrapOptions, type Wrapped, wrapFunction } from "./wrap.ts";

/** Of a value that is put in by hand. None of it may be a function, as there is no load that could tell. */
export interface SetOptions
  extends GetOptions,
    Pick<UseOptions, "ttl" | "staleWhileRevalidate" | "staleIfError" | "jitter"> {
  /** Labels to invalidate by. */
  readonly tags?: readonly string[];
}

/** `ttl`, `tags` and `storeIf` may be functions of the value. */
export interface GetOrSetOptions<Value> extends Omit<UseOptions, "ttl">, ResultOptions<[value: Value]>, CallOptions {}

/** `ttl`, `tags` and `storeIf` may be functions of each value and its key. */
export interface GetOrSetManyOptions<Value>
  extends Omit<UseOptions, "ttl">,
    ResultOptions<[value: Value, key: string]>,
    CallOptions {}

/** Of a call that may wait for a load. */
export interface CallOptions {
  /**
   * Rejects the call with its reason when it is aborted. The load goes on as long as somebody waits for it; when the
   * last one has gone, its own signal is aborted too, and whoever comes next begins a new one.
   */
  readonly signal?: AbortSignal;
}

/** Of a call that only reads. `coder` as it was when the value was stored. */
export interface GetOptions extends Pick<UseOptions, "namespace" | "coder" | "shared"> {}

/** How hard a purge is. */
export interface PurgeOptions {
  /** `true` makes entries stale rather than gone. Default: `false`. */
  readonly soft?: boolean;
}

/** What `clear` removes. */
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
   * error reaches all of them as it is. `null` and `undefined` are values like any other. Rejects with `LOAD_TIMEOUT`
   * when the load has taken longer than `timeout.hard`.
   */
  getOrSet<Value>(
    key: string,
    load: (context: LoadContext) => Value | Promise<Value>,
    options?: GetOrSetOptions<Value>,
  ): Promise<Value>;

  /** As `get`, for many keys: the values in the order of `keys`. */
  getMany<Value = unknown>(keys: readonly string[], options?: GetOptions): Promise<(Value | undefined)[]>;

  /**
   * As `getOrSet`, for many keys: the values in the order of `keys`. `loadMany` is called once, with the keys that are
   * missing and that nobody else loads just now, and gives a `Map`, or pairs of key and value, in any order. What it
   * does not give is `undefined` and not stored. Its error reaches all who wait for any of the keys. If what somebody
   * else loads comes to nothing, it is called for that key as well.
   */
  getOrSetMany<Value>(
    keys: readonly string[],
    loadMany: (keys: readonly string[], context: LoadManyContext) => Pairs<Value> | Promise<Pairs<Value>>,
    options?: GetOrSetManyOptions<Value>,
  ): Promise<(Value | undefined)[]>;

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

/** What {@link createCache} makes: values, functions and purges, and what concerns the cache as a whole. */
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
  readonly outbox: Outbox;
  readonly pipeline: Pipeline;
  readonly byHand: ByHand;
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
    this.outbox = new Outbox(store, clock, this.telemetry, options.random);
    this.pipeline = new Pipeline(store, clock, this.telemetry, this.outbox, options.patience, options.random);
    this.byHand = new ByHand(store, this.pipeline.loads, this.outbox);
  }

  readonly enabled = (): boolean => !this.closed && this.options.enabled();

  readonly remove = (key: string): Promise<boolean> => {
    if (this.closed) return Promise.reject(closedError());
    return this.byHand.remove(key);
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
    this.#plain = core.uses.resolve({}, namespace);
  }

  async get<Value = unknown>(key: string, options?: GetOptions): Promise<Value | undefined> {
    const use = this.#use(options, useOptionNames);
    const full = fullKey(use.space, checkedTail(key));
    if (!this.core.enabled()) return undefined;
    return this.core.pipeline.peek(full, use, undefined, undefined, (entry) =>
      this.#unpack(entry as Entry | undefined, use),
    );
  }

  async getMany<Value = unknown>(keys: readonly string[], options?: GetOptions): Promise<(Value | undefined)[]> {
    const use = this.#use(options, useOptionNames);
    const unique = checkKeys(keys);
    if (!this.core.enabled()) return keys.map(() => undefined);
    const full = unique.map((key) => fullKey(use.space, key));
    const entries = await this.core.pipeline.peekMany(full, use);
    return spread(
      keys,
      unique,
      entries.map((entry) => this.#unpack<Value>(entry, use)),
    );
  }

  #unpack<Value>(entry: Entry | undefined, { packing }: Use): Value | undefined {
    if (entry === undefined) return undefined;
    try {
      return packing.unpack(entry) as Value;
    } catch (error) {
      this.core.telemetry.decodeError(entry.key, error);
      return undefined;
    }
  }

  async set(key: string, value: unknown, options?: SetOptions): Promise<boolean> {
    const use = this.#use(options, setOptionNames);
    // Functions would be left out in silence, as nothing is loaded that they could be asked about.
    for (const name of ["ttl", "tags"] as const) {
      if (typeof options?.[name] === "function") throw invalidOption(name, "a fixed value", options[name]);
    }
    const full = fullKey(use.space, checkedTail(key));
    if (this.core.enabled()) return this.core.byHand.put(full, use, value, key);
    // Switched off for a while perhaps: what is there must not come back later.
    this.core.pipeline.store.distrust(full);
    return false;
  }

  getOrSet<Value>(
    key: string,
    load: (context: LoadContext) => Value | Promise<Value>,
    options?: GetOrSetOptions<Value>,
  ): Promise<Value> {
    try {
      const seen = this.#glance<Value>(key, options);
      if (seen !== undefined) return seen;
      const use = this.#use(options, callOptionNames);
      const tail = checkedTail(key);
      if (typeof load !== "function") throw invalidOption("load", "a function", load);
      checkFunction("storeIf", options?.storeIf);
      const { signal } = use;
      if (signal?.aborted === true) return Promise.reject(signal.reason);
      const { pipeline } = this.core;
      if (!this.core.enabled()) return loadAlone(pipeline, { use, key: tail, load });
      const settle = options === undefined ? undefined : settlerOf(options);
      const recipe: Recipe<Value> = { use, key: tail, load, settle };
      const value = resolveValue(pipeline, fullKey(use.space, tail), recipe);
      return signal === undefined ? value : abortable(signal, value);
    } catch (error) {
      return Promise.reject(error);
    }
  }

  /**
   * The value of a fresh entry, if it is there at once; else `undefined`. Looks only at what matters for that: whatever
   * else the options say is checked when the value is loaded.
   */
  #glance<Value>(key: string, options: GetOrSetOptions<Value> | undefined): Promise<Value> | undefined {
    if (typeof key !== "string" || key === "") return undefined;
    const plain = this.#plain;
    if (options === undefined) return this.core.enabled() ? glanceValue(this.core.pipeline, plain, key) : undefined;
    const { coder, earlyRefresh, namespace, shared, signal } = options;
    if (coder !== undefined || earlyRefresh !== undefined || signal !== undefined) return undefined;
    const packing = this.core.uses.packing(shared);
    const space = namespace === undefined ? plain.space : this.core.spaces.known(namespace);
    if (packing === undefined || space === undefined || !this.core.enabled()) return undefined;
    return glanceValue(this.core.pipeline, { space, packing, early: plain.early }, key);
  }

  async getOrSetMany<Value>(
    keys: readonly string[],
    loadMany: ManyRecipe<Value>["loadMany"],
    options?: GetOrSetManyOptions<Value>,
  ): Promise<(Value | undefined)[]> {
    const use = this.#use(options, callOptionNames);
    const unique = checkKeys(keys);
    if (typeof loadMany !== "function") throw invalidOption("loadMany", "a function", loadMany);
    const settle = options === undefined ? undefined : settlerOf(options);
    const recipe: ManyRecipe<Value> = { use, loadMany, settle };
    const { signal } = use;
    if (signal?.aborted === true) throw signal.reason;
    if (unique.length === 0) return [];
    const { pipeline } = this.core;
    const values = this.core.enabled()
      ? resolveMany(pipeline, unique, recipe)
      : loadManyAlone(pipeline, unique, recipe);
    return spread(keys, unique, await (signal === undefined ? values : abortable(signal, values)));
  }

  wrap<Fn extends Cacheable, Tail extends string | Promise<string> = string>(
    fn: Fn,
    options: WrapOptions<Fn, Tail> = {},
  ): Wrapped<Fn, Tail> {
    if (typeof fn !== "function") throw invalidOption("fn", "a function", fn);
    checkObject("options of wrap", options, wrapOptionNames);
    checkFunction("key", options.key);
    const name = functionName(options.name, fn);
    const use = this.core.uses.resolve(options, this.#namespace);
    if (options.name === undefined) this.core.claimName(use.space.head, fn);
    return wrapFunction(fn, {
      pipeline: this.core.pipeline,
      use,
      enabled: this.core.enabled,
      name,
      key: (options.key as KeyBuilder<FunctionCall> | undefined) ?? this.core.options.keyBuilder,
      settler: settlerOf(options as ResultOptions<unknown[]>),
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

  /** `names`: of the options that there are. */
  #use(options: Parameters<Uses["resolve"]>[0] | undefined, names: readonly string[]): Use {
    if (options === undefined) return this.#plain;
    checkObject("options", options, names);
    return this.core.uses.resolve(options, this.#namespace);
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
    await this.core.outbox.drain();
    await this.core.pipeline.store.close();
  }
}

const callOptionNames = [...loadOptionNames, "signal"];
const wrapOptionNames = [...loadOptionNames, "name", "key"];

/** Each key once. */
function checkKeys(keys: readonly string[]): string[] {
  if (!Array.isArray(keys)) throw invalidOption("keys", "a list of keys", keys);
  return [...new Set(keys)].map(checkedTail);
}

/** The values of keys that are there once each, in the order in which they were asked for. */
function spread<Value>(keys: readonly string[], unique: readonly string[], values: readonly Value[]): Value[] {
  if (keys.length === unique.length) return [...values];
  const places = new Map(unique.map((key, index) => [key, index]));
  return keys.map((key) => values[places.get(key) as number] as Value);
}

function closedError(): CachetteError {
  return new CachetteError({ code: "CACHE_CLOSED" });
}
