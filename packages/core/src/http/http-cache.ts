import type { Cache } from "../cache.ts";
import type { Entry } from "../entry.ts";
import { invalidOption } from "../errors.ts";
import type { Fill } from "../fill.ts";
import { type CacheInternals, internals } from "../internals.ts";
import { checkTags } from "../options.ts";
import type { Entrance } from "../pipeline.ts";
import { isPromise } from "../promise.ts";
import { fullKey } from "../space.ts";
import { type Conditions, readConditions } from "./conditional.ts";
import { replyFrom } from "./hit.ts";
import type { HttpKey } from "./http-key.ts";
import { Miss } from "./miss.ts";
import type { RouteOptions } from "./options.ts";
import { judgeRequest } from "./request-policy.ts";
import type { RequestView } from "./request-view.ts";
import type { StoredResponse } from "./response.ts";
import { responsePacking } from "./response-packing.ts";
import { Route } from "./route.ts";
import type { BypassTicket, HitTicket, MissTicket, Ticket } from "./ticket.ts";

/** The cache of one route. */
export interface HttpCache {
  /** Decides about one request. Answers at once where the backend does. Never throws, never rejects. */
  begin(request: RequestView): Ticket | Promise<Ticket>;
}

/** @throws CachetteError `OPTION_INVALID` */
export function createHttpCache(cache: Cache, options: RouteOptions = {}): HttpCache {
  const inside = cache?.[internals];
  if (inside === undefined) throw invalidOption("cache", "a cache made by createCache", cache);
  return new RouteCache(inside, new Route(inside, options));
}

class RouteCache implements HttpCache {
  readonly #cache: CacheInternals;
  readonly #route: Route;

  constructor(cache: CacheInternals, route: Route) {
    this.#cache = cache;
    this.#route = route;
  }

  begin(request: RequestView): Ticket | Promise<Ticket> {
    if (!this.#route.enabled()) return this.#bypass("disabled");
    const judgement = judgeRequest(request, this.#route.requests);
    if (!judgement.use) return this.#bypass(judgement.reason, judgement.detail);
    try {
      const key = this.#route.keys.of(request);
      if (!isPromise(key)) return this.#enter(request, key, judgement.maxAge);
      return key.then(
        (settled) => this.#enter(request, settled, judgement.maxAge),
        (error: unknown) => this.#bypass("key", messageOf(error)),
      );
    } catch (error) {
      return this.#bypass("key", messageOf(error));
    }
  }

  #enter(request: RequestView, key: HttpKey, maxAge: number): Ticket | Promise<Ticket> {
    const { space, entries } = this.#route;
    const full = fullKey(space, key.tail);
    const { pipeline } = this.#cache;
    const entrance =
      request.method === "HEAD" ? pipeline.peek(full, entries, maxAge) : pipeline.enter(full, entries, maxAge);
    return isPromise(entrance)
      ? entrance.then(
          (settled) => this.#ticket(request, key, settled, maxAge),
          (error: unknown) => this.#bypass("load", messageOf(error)),
        )
      : this.#ticket(request, key, entrance, maxAge);
  }

  #ticket(
    request: RequestView,
    key: HttpKey,
    entrance: Entrance | undefined,
    maxAge: number,
  ): Ticket | Promise<Ticket> {
    // Only the answer to GET has the body that an entry needs.
    if (entrance === undefined) return { state: "bypass", fields: this.#route.status.headMiss() };
    if (entrance.kind === "handover") return this.#bypass("load");
    const conditions = readConditions(request);
    if (entrance.kind === "fill") return this.#miss(request, key, entrance, conditions, maxAge);
    let response: StoredResponse;
    try {
      response = responsePacking.unpack(entrance) as StoredResponse;
    } catch (error) {
      return this.#replace(request, key, entrance, error, maxAge);
    }
    const reply = replyFrom(entrance, response, conditions, request.method, this.#route.now(), this.#route.status);
    return { state: "hit", reply } satisfies HitTicket;
  }

  #miss(
    request: RequestView,
    key: HttpKey,
    fill: Fill,
    conditions: Conditions | undefined,
    maxAge: number,
  ): MissTicket | BypassTicket {
    const forward = maxAge === Number.POSITIVE_INFINITY ? "uri-miss" : "request";
    try {
      const tags = this.#route.tagsOf?.(request);
      if (tags !== undefined) checkTags(tags);
      return new Miss({ route: this.#route, fill, conditions, keyed: key.keyed, tags, forward });
    } catch (error) {
      fill.abandon();
      return this.#bypass("tags", messageOf(error));
    }
  }

  /** An entry that cannot be read is loaded anew. */
  async #replace(request: RequestView, key: HttpKey, entry: Entry, error: unknown, maxAge: number): Promise<Ticket> {
    if (request.method === "HEAD") return this.#ticket(request, key, undefined, maxAge);
    const entrance = await this.#cache.pipeline.discard(entry, this.#route.entries, error);
    return this.#ticket(request, key, entrance, maxAge);
  }

  #bypass(reason: string, detail?: string): BypassTicket {
    this.#cache.telemetry.bypass(reason, detail);
    return { state: "bypass", fields: this.#route.status.bypass(reason, detail) };
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
