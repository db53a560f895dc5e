import type { Alias } from "./alias.ts";
import { attend, attendAlone, type Caller } from "./attend.ts";
import type { Entrance } from "./entrance.ts";
import type { Entry } from "./entry.ts";
import type { Fill, Settlement } from "./fill.ts";
import { Loading } from "./loading.ts";
import type { Pipeline } from "./pipeline.ts";
import { isPromise } from "./promise.ts";
import { nothing } from "./result-options.ts";
import { keyTail } from "./space.ts";
import type { Use } from "./use.ts";

/** What a load of many keys gives for one that it found nothing for. */
export const absent: unique symbol = Symbol("absent");

/** How one value is come by. */
export interface Recipe<Value> {
  readonly use: Use;
  /** The key as the load is told it. */
  readonly key?: string | undefined;
  /** What it gives, or throws, reaches the caller as it is. */
  readonly load: (context: Loading) => Value | typeof absent | Promise<Value | typeof absent>;
  /** What the result says about its own entry. If this throws, the value is served and not stored. */
  readonly settle?: ((value: Value) => Settlement) | undefined;
  /** The run of a load for several keys. Without it, each load is one of its own. */
  readonly loading?: Loading | undefined;
  /** Loads although there may be a fresh entry, of which nothing is known. */
  readonly renews?: boolean;
}

/** The value of a fresh entry, if it is there at once; else `undefined`, and then `resolveValue`. `alias`: see `glance`. */
export function glanceValue<Value>(
  pipeline: Pipeline,
  { space, packing, early }: Pick<Use, "space" | "packing" | "early">,
  tail: string,
  alias?: Alias,
): Promise<Value> | undefined {
  // Chance decides, and is asked only once.
  if (early !== undefined) return undefined;
  const entry = pipeline.store.glance(space.head, keyTail(tail), packing, alias);
  if (entry === undefined) return undefined;
  if (packing.shared && (entry.shown !== undefined || entry.payload === undefined)) {
    pipeline.telemetry.hit(entry);
    entry.shown ??= Promise.resolve(entry.live);
    return entry.shown as Promise<Value>;
  }
  try {
    const value = packing.unpack(entry) as Value;
    pipeline.telemetry.hit(entry);
    return Promise.resolve(value);
  } catch {
    // Told of where it is tried again.
    return undefined;
  }
}

/** The value under `key`: from the cache, from a load under way, or loaded now. */
export function resolveValue<Value>(pipeline: Pipeline, key: string, recipe: Recipe<Value>): Promise<Value> {
  const value = pipeline.enter(key, recipe.use, undefined, (entrance) => take(pipeline, entrance, recipe));
  return isPromise(value) ? value : Promise.resolve(value);
}

/** As `receive`, at once where there is an entry. */
function take<Value>(pipeline: Pipeline, entrance: Entrance, recipe: Recipe<Value>): Value | Promise<Value> {
  if (entrance.kind === "entry") {
    try {
      return recipe.use.packing.unpack(entrance) as Value;
    } catch {
      // Told of below, where it is tried again.
    }
  }
  return receive(pipeline, entrance, recipe);
}

/** The value that an entrance leads to. */
export async function receive<Value>(
  pipeline: Pipeline,
  entrance: Entrance,
  recipe: Recipe<Value>,
  again = false,
): Promise<Value> {
  if (entrance.kind === "handover") return entrance.value as Value;
  if (entrance.kind === "fill") return fillValue(pipeline, entrance, recipe);
  if (entrance.kind === "detour") return receive(pipeline, entrance.entry, recipe, again);
  if (entrance.kind === "stale") {
    // What becomes of it is told by events.
    if (entrance.fill !== undefined) fillValue(pipeline, entrance.fill, recipe, true).catch(() => {});
    return receive(pipeline, entrance.entry, recipe, again);
  }
  try {
    return recipe.use.packing.unpack(entrance) as Value;
  } catch (error) {
    return receive(pipeline, await pipeline.discard(entrance, recipe.use, error, again), recipe, true);
  }
}

/** Loads, and shares what came of it. `background`: nobody waits for it here. */
export function fillValue<Value>(
  pipeline: Pipeline,
  fill: Fill,
  recipe: Recipe<Value>,
  background = false,
): Promise<Value> {
  const { hard, soft, signal } = recipe.use;
  const loading = recipe.loading ?? new Loading(recipe.use, recipe.key ?? fill.key, fill.stale);
  if (!background && signal?.aborted === true) {
    fill.giveWay();
    loading.release(signal.reason);
    return Promise.reject(signal.reason);
  }
  const caller = { waits: !background };
  const work = perform(pipeline, fill, recipe, loading, caller);
  const patient = background || fill.stale === undefined || soft === Number.POSITIVE_INFINITY;
  const bound = background || signal === undefined;
  if (hard === Number.POSITIVE_INFINITY && patient && bound) return work;
  return attend(work, {
    clock: pipeline.clock,
    fill,
    loading,
    caller,
    hard,
    soft: patient ? Number.POSITIVE_INFINITY : soft,
    signal: bound ? undefined : signal,
    serve: (stale) => serveStale(pipeline, fill, stale, recipe),
  });
}

/** Loads for the one caller alone, where the cache is switched off. */
export function loadAlone<Value>(pipeline: Pipeline, recipe: Recipe<Value>): Promise<Value> {
  const { hard, signal } = recipe.use;
  const loading = new Loading(recipe.use, recipe.key ?? "", undefined);
  const work = new Promise<Value>((resolve) => resolve(recipe.load(loading) as Value | Promise<Value>));
  return attendAlone(work, loading, { clock: pipeline.clock, hard, signal });
}

async function perform<Value>(
  pipeline: Pipeline,
  fill: Fill,
  recipe: Recipe<Value>,
  loading: Loading,
  caller: Caller,
): Promise<Value> {
  let value: Value | typeof absent;
  try {
    value = await recipe.load(loading);
  } catch (error) {
    const stale = fill.standIn(error);
    if (stale !== undefined && caller.waits) return serveStale(pipeline, fill, stale, recipe);
    fill.fail(error);
    throw error;
  }
  if (value === absent) {
    fill.vanish();
    return undefined as Value;
  }
  // Too late: whoever waited has been told something else.
  if (fill.ended) return value;
  const settlement = settle(pipeline, fill.key, recipe, loading, value);
  // What was there is older than this; nobody knows whether there was anything.
  if (settlement === nothing && recipe.renews && fill.storable) pipeline.store.remove(fill.key).catch(() => {});
  const entry = fill.commit(value, { ...settlement, tail: recipe.key });
  return entry === undefined ? value : own(pipeline, entry, recipe, value);
}

function serveStale<Value>(pipeline: Pipeline, fill: Fill, stale: Entry, recipe: Recipe<Value>): Promise<Value> {
  pipeline.telemetry.stale(fill.key);
  return receive(pipeline, stale, recipe, true);
}

/** What the caller who loaded gets: the value itself, or the one that it shares with all others. */
function own<Value>(pipeline: Pipeline, entry: Entry, { use }: Recipe<Value>, value: Value): Value {
  if (!use.packing.shared) return value;
  try {
    return use.packing.unpack(entry) as Value;
  } catch (error) {
    pipeline.telemetry.decodeError(entry.key, error);
    return value;
  }
}

function settle<Value>(
  pipeline: Pipeline,
  key: string,
  recipe: Recipe<Value>,
  loading: Loading,
  value: Value,
): Settlement {
  try {
    const settlement = loading.settlement(recipe.settle?.(value));
    if (settlement === nothing && recipe.use.ttl !== 0) pipeline.telemetry.refuse(key, "skip");
    return settlement;
  } catch (error) {
    pipeline.telemetry.encodeError(key, error);
    return nothing;
  }
}
