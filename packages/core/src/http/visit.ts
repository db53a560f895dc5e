import type { Entry } from "../entry.ts";
import type { Policy } from "../policy.ts";
import type { HttpKey } from "./http-key.ts";
import type { RequestJudgement } from "./request-policy.ts";
import type { RequestView } from "./request-view.ts";
import type { HeaderFields } from "./response.ts";
import type { Variants } from "./vary.ts";

export type Welcome = Extract<RequestJudgement, { use: true }>;

/** Where in the key's variants a request belongs. */
export interface Place {
  readonly variants: Variants;
  readonly index: Entry;
  /** How often a load was waited for that gave an answer for another place. */
  readonly detours: number;
}

/**
 * A request on its way through the cache.
 *
 * A class, as all that is made for each request and leads to it must be: of object literals V8 remembers whether those
 * of a place in the code tend to stay. Once misses have held many of them for long, it puts all that come after among
 * the old, where they keep whatever they lead to from being collected with the young, which doubles the cost of a hit.
 */
export class Visit {
  /** With the target that counts. */
  readonly request: RequestView;
  /** The target that counts, if it is not the one received. */
  readonly target: string | undefined;
  readonly entries: Policy;
  readonly key: HttpKey;
  readonly judgement: Welcome;
  readonly earlier: (() => HeaderFields) | undefined;
  /** Set once the answers under the key are known to vary. */
  readonly place: Place | undefined;

  constructor(
    request: RequestView,
    target: string | undefined,
    entries: Policy,
    key: HttpKey,
    judgement: Welcome,
    earlier: (() => HeaderFields) | undefined,
    place?: Place,
  ) {
    this.request = request;
    this.target = target;
    this.entries = entries;
    this.key = key;
    this.judgement = judgement;
    this.earlier = earlier;
    this.place = place;
  }

  /** The same, at a place among the variants. */
  at(place: Place): Visit {
    const { request, target, entries, key, judgement, earlier } = this;
    return new Visit(request, target, entries, key, judgement, earlier, place);
  }
}
