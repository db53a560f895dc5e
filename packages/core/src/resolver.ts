import type { Entry } from "./entry.ts";
import type { Fill, Settlement } from "./fill.ts";
import type { Entrance, Pipeline } from "./pipeline.ts";
import { isPromise } from "./promise.ts";
import { keyTail } from "./space.ts";
import type { Use } from "./use.ts";

/** How one value is come by. */
export interface Recipe<Value> {
  readonly use: Use;
  /** What it gives, or throws, reaches the caller as it is. */
  readonly load: () => Value | Promise<Value>;
  /** What the result says about its own entry. If this throws, the value is served and not stored. */
  readonly settle?: ((value: Value) => Settlement) | undefined;
}

/** The value of a fresh entry, if it is there at once; else `undefined`, and then `resolveValue`. */
export function glanceValue<Value>(
  pipeline: Pipeline,
  { space, packing }: Use,
  tail: string,
): Promise<Value> | undefined {
  const entry = pipeline.store.glance(space.head, keyTail(tail), packing);
  if (entry === undefined) return undefined;
  try {
    const value = packing.unpack(entry) as Value;
    pipeline.telemetry.hit(entry.key);
    return Promise.resolve(value);
  } catch {
    // Told of where it is tried again.
    return undefined;
  }
}

/** The value under `key`: from the cache, from a load under way, or loaded now. */
export function resolveValue<Value>(pipeline: Pipeline, key: string, recipe: Recipe<Value>): Promise<Value> {
  const entrance = pipeline.enter(key, recipe.use);
  if (isPromise(entrance)) return entrance.then((settled) => receive(pipeline, settled, recipe));
  if (entrance.kind === "entry") {
    try {
      return Promise.resolve(recipe.use.packing.unpack(entrance) as Value);
    } catch {
      // Told of below, where it is tried again.
    }
  }
  return receive(pipeline, entrance, recipe);
}

async function receive<Value>(
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
    if (entrance.fill !== undefined) fillValue(pipeline, entrance.fill, recipe).catch(() => {});
    return receive(pipeline, entrance.entry, recipe, again);
  }
  try {
    return recipe.use.packing.unpack(entrance) as Value;
  } catch (error) {
    return receive(pipeline, await pipeline.discard(entrance, recipe.use, error, again), recipe, true);
  }
}

/** Loads, and shares what came of it. */
export async function fillValue<Value>(pipeline: Pipeline, fill: Fill, recipe: Recipe<Value>): Promise<Value> {
  let value: Value;
  try {
    value = await recipe.load();
  } catch (error) {
    const stale = fill.standIn(error);
    if (stale !== undefined) return receive(pipeline, stale, recipe, true);
    fill.fail(error);
    throw error;
  }
  const entry = fill.commit(value, settle(pipeline, fill.key, recipe, value));
  return entry === undefined ? value : own(pipeline, entry, recipe, value);
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

function settle<Value>(pipeline: Pipeline, key: string, recipe: Recipe<Value>, value: Value): Settlement | undefined {
  try {
    return recipe.settle?.(value);
  } catch (error) {
    pipeline.telemetry.encodeError(key, error);
    return { ttl: 0 };
  }
}
