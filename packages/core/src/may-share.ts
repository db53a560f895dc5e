import type { Flight } from "./flight.ts";
import { sameLabels } from "./labels.ts";
import type { Lookup, Store } from "./store.ts";
import { judgeValidity } from "./validity.ts";

/**
 * Whether a caller may have what a load gives that began before the caller came: not if a purge lies in between. `labels`
 * are those that the caller looked up. `undefined`: the backend has to be asked.
 */
export function mayShare(
  store: Store,
  load: Pick<Flight, "lookup" | "labels">,
  labels: readonly string[],
  lookup: Lookup,
): boolean | undefined {
  const { mark, purges } = load.lookup;
  if (lookup.mark === undefined) return lookup.purges === purges || !store.purgedSince(purges, load.labels);
  if (mark === undefined) return false;
  if (lookup.exact && lookup.mark === mark) return true;
  if (lookup.stamps === undefined || !sameLabels(load.labels, labels)) return store.isValidNow(mark, load.labels);
  if (judgeValidity(mark, { mark: lookup.mark, stamps: lookup.stamps }) === "valid") return true;
  // The load may also have begun only after this caller had looked.
  return lookup.mark.epoch === mark.epoch && lookup.mark.seq < mark.seq ? undefined : false;
}
