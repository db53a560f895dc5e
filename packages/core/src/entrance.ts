import type { Entry } from "./entry.ts";
import type { Fill } from "./fill.ts";

/** An entry that may be served although it is stale, or soon will be. With a `fill`, the caller is the one to load it anew. */
export interface Stale {
  readonly kind: "stale";
  readonly entry: Entry;
  readonly fill: Fill | undefined;
}

/** A value that a load gave to somebody else and that cannot be stored. */
export interface Handover {
  readonly kind: "handover";
  readonly value: unknown;
}

/** A load that was waited for gave an entry for another key, to which an index leads; it need not be for this caller. */
export interface Detour {
  readonly kind: "detour";
  readonly entry: Entry;
  readonly index: Entry;
}

/** What a caller gets: something to use, or the task of loading it. */
export type Entrance = Entry | Stale | Handover | Detour | Fill;

export function stale(entry: Entry, fill?: Fill): Stale {
  return { kind: "stale", entry, fill };
}

/** An entrance that depends on a lease. */
export type Leased<Result extends Entrance = Entrance> = Promise<Result> & { readonly [onceAsked]?: Once };

/** What it is once the lease has been asked for; `undefined` if others load, and have to be waited for. */
type Once = Promise<Entrance | undefined>;

const onceAsked = Symbol("cachette.onceAsked");

/** `once`: without it, the entrance waits for nobody. */
export function leased<Result extends Entrance>(entrance: Promise<Result>, once: Once = entrance): Leased<Result> {
  return Object.assign(entrance, { [onceAsked]: once });
}

/** Waits for leases, and for nobody's load: then what is still a promise stays one. */
export async function onceLeased(entrance: Entrance | Leased): Promise<readonly [Entrance | Leased]> {
  // Wrapped, so that what others load is not waited for here.
  return [(onceAsked in entrance ? await entrance[onceAsked] : undefined) ?? entrance];
}
