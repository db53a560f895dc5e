import type { Entrance } from "./entrance.ts";
import { invalidOption } from "./errors.ts";
import type { Fill, Settlement } from "./fill.ts";
import { Loading, type LoadManyContext } from "./loading.ts";
import type { Pipeline } from "./pipeline.ts";
import { isPromise } from "./promise.ts";
import { absent, loadAlone, type Recipe, receive } from "./resolver.ts";
import { fullKey } from "./space.ts";
import type { Use } from "./use.ts";

/** What a load of many keys gives: a `Map`, or pairs of key and value. */
export type Pairs<Value> = Iterable<readonly [key: string, value: Value]>;

/** How many values are come by. */
export interface ManyRecipe<Value> {
  readonly use: Use;
  readonly loadMany: (keys: readonly string[], context: LoadManyContext) => Pairs<Value> | Promise<Pairs<Value>>;
  readonly settle: ((value: Value, key: string) => Settlement) | undefined;
}

/** The values under `keys`, which differ from each other, in their order: from the cache, or loaded all in one. */
export async function resolveMany<Value>(
  pipeline: Pipeline,
  keys: readonly string[],
  recipe: ManyRecipe<Value>,
): Promise<(Value | undefined)[]> {
  const { use, loadMany } = recipe;
  const full = keys.map((key) => fullKey(use.space, key));
  const entrances = await pipeline.enterMany(full, use);
  if (use.signal?.aborted === true) {
    for (const entrance of entrances) decline(entrance);
    throw use.signal.reason;
  }
  const missing = keys.filter((_key, index) => taskIn(entrances[index]) !== undefined);
  const loading = new Loading(use, "", undefined, missing.length);
  const batch = missing.length === 0 ? undefined : loadPairs(loadMany, missing, loading);
  const values = entrances.map((entrance, index): Promise<Value | undefined> => {
    const key = keys[index] as string;
    const part: Recipe<Value | undefined> = {
      use,
      settle: settlerFor(recipe, key),
      load: async (context) => pick(await loadPairs(loadMany, [key], context), key),
    };
    // Should the load of somebody else come to nothing, that one key is loaded by itself.
    if (isPromise(entrance)) return entrance.then((settled) => receive(pipeline, settled, part));
    // One that turns out to be unreadable was not asked for either.
    if (batch === undefined || taskIn(entrance) === undefined) return receive(pipeline, entrance, part);
    return receive(pipeline, entrance, { ...part, loading, load: async () => pick(await batch, key) });
  });
  return Promise.all(values);
}

/** The same where the cache is switched off. */
export function loadManyAlone<Value>(
  pipeline: Pipeline,
  keys: readonly string[],
  { use, loadMany }: ManyRecipe<Value>,
): Promise<(Value | undefined)[]> {
  return loadAlone(pipeline, {
    use,
    load: (context) =>
      loadPairs(loadMany, keys, context).then((pairs) => keys.map((key): Value | undefined => pairs.get(key))),
  });
}

async function loadPairs<Value>(
  loadMany: ManyRecipe<Value>["loadMany"],
  keys: readonly string[],
  context: LoadManyContext,
): Promise<ReadonlyMap<string, Value>> {
  const pairs: unknown = await loadMany(keys, context);
  if (pairs instanceof Map) return pairs;
  try {
    if (typeof pairs === "object" && pairs !== null) return new Map(pairs as Pairs<Value>);
  } catch {
    // Told below.
  }
  throw invalidOption("loadMany", "a function that gives a Map, or pairs of key and value", pairs);
}

function pick<Value>(pairs: ReadonlyMap<string, Value>, key: string): Value | typeof absent {
  return pairs.has(key) ? (pairs.get(key) as Value) : absent;
}

function settlerFor<Value>({ settle }: ManyRecipe<Value>, key: string): Recipe<Value | undefined>["settle"] {
  return settle === undefined ? undefined : (value) => settle(value as Value, key);
}

function taskIn(entrance: Entrance | Promise<Entrance> | undefined): Fill | undefined {
  if (entrance === undefined || isPromise(entrance)) return undefined;
  if (entrance.kind === "fill") return entrance;
  return entrance.kind === "stale" ? entrance.fill : undefined;
}

/** The caller has gone: whoever waits for a load that it was to begin, begins one. */
function decline(entrance: Entrance | Promise<Entrance>): void {
  if (isPromise(entrance)) entrance.then(decline, () => {});
  else taskIn(entrance)?.giveWay();
}
