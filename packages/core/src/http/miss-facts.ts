import { checkTags } from "../checks.ts";
import type { Fill, Settlement } from "../fill.ts";
import type { Forward } from "./cache-status.ts";
import { type FieldMap, fieldMap } from "./fields.ts";
import type { RequestView } from "./request-view.ts";
import type { StoredResponse } from "./response.ts";
import { responsePacking } from "./response-packing.ts";
import type { Route } from "./route.ts";
import type { Visit } from "./visit.ts";

/** Where an answer is to be stored: under the key that was looked up, unless it says another. */
export type Placement = Pick<Settlement, "key" | "tail" | "index">;

/** What is known of a request when its handler is about to run. A class for the reason that `Visit` is one. */
export class MissFacts {
  readonly route: Route;
  readonly fill: Fill;
  readonly request: RequestView;
  /** What the handler is to see as the target, where that is not what was received. */
  readonly target: string | undefined;
  /** There is a client; without one, it is a refresh in the background. */
  readonly hasClient: boolean;
  /** Request fields in the key, in lower case. */
  readonly keyed: ReadonlySet<string>;
  /** The request said who it is from. */
  readonly identified: boolean;
  readonly tags: readonly string[] | undefined;
  readonly forward: Forward;
  /** What earlier middleware has set on the answer. */
  readonly earlier: FieldMap;
  /** The answer in `fill.stale`. */
  readonly stale: StoredResponse | undefined;
  /** Where an answer belongs that varies by `vary` and is of use for `lives` milliseconds. */
  readonly placeOf: (vary: readonly string[], lives: number) => Placement;

  /** @throws what the route's `tags` throws, CachetteError `OPTION_INVALID` for what it gives */
  constructor(route: Route, visit: Visit, fill: Fill, hasClient: boolean, placeOf: MissFacts["placeOf"]) {
    const { request, target, key, judgement, earlier } = visit;
    this.route = route;
    this.fill = fill;
    this.request = request;
    this.target = target;
    this.hasClient = hasClient;
    this.keyed = key.keyed;
    this.identified = judgement.identified;
    this.tags = route.tagsOf?.(request);
    if (this.tags !== undefined) checkTags(this.tags);
    this.forward = forwardOf(visit, fill, route);
    this.earlier = fieldMap(earlier?.() ?? []);
    this.stale = readStale(fill);
    this.placeOf = placeOf;
  }
}

function forwardOf({ place, judgement: { demand } }: Visit, { stale }: Fill, route: Route): Forward {
  if (stale === undefined) return place === undefined ? "uri-miss" : "vary-miss";
  return demand !== undefined && stale.freshUntil > route.now() ? "request" : "stale";
}

/** The answer that a fill may ask about, if it can be read. */
function readStale({ stale }: Fill): StoredResponse | undefined {
  if (stale === undefined || stale.coder !== responsePacking.coder) return undefined;
  try {
    return responsePacking.unpack(stale) as StoredResponse;
  } catch {
    return undefined;
  }
}
