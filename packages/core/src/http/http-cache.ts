import type { Cache } from "../cache.ts";
import type { Entry } from "../entry.ts";
import { describe, invalidOption } from "../errors.ts";
import type { Fill } from "../fill.ts";
import { type CacheInternals, internals } from "../internals.ts";
import { checkTags } from "../options.ts";
import type { Entrance } from "../pipeline.ts";
import { isPromise } from "../promise.ts";
import { fullKey } from "../space.ts";
import { readConditions } from "./conditional.ts";
import { extendList, fieldMap, tokens } from "./fields.ts";
import { replyFrom } from "./hit.ts";
import type { HttpKey } from "./http-key.ts";
import { Miss } from "./miss.ts";
import type { RouteOptions } from "./options.ts";
import { judgeRequest } from "./request-policy.ts";
import type { RequestView } from "./request-view.ts";
import type { HeaderFields, Reply, StoredResponse } from "./response.ts";
import { responsePacking } from "./response-packing.ts";
import { Route } from "./route.ts";
import type { BypassTicket, HitTicket, MissTicket, Ticket } from "./ticket.ts";

/** The cache of one route. */
export interface HttpCache {
  /**
   * Decides about one request. Answers at once where the backend does. Never throws, never rejects.
   *
   * @param earlier gives the fields that earlier middleware has set on the answer by now. They are judged along with the
   * handler's, so that a `no-store` counts wherever it was said; they are not stored, as the same middleware sets them
   * again on a hit. It is called before the ticket is handed out, if at all.
   */
  begin(request: RequestView, earlier?: () => HeaderFields): Ticket | Promise<Ticket>;
}

/** @throws CachetteError `OPTION_INVALID` */
export function createHttpCache(cache: Cache, options: RouteOptions = {}): HttpCache {
  const inside = cache?.[internals];
  if (inside === undefined) throw invalidOption("cache", "a cache made by createCache", cache);
  return new RouteCache(inside, new Route(inside, options));
}

/** A request on its way through the cache. */
interface Visit {
  readonly request: RequestView;
  readonly earlier: (() => HeaderFields) | undefined;
  readonly key: HttpKey;
  readonly maxAge: number;
}

class RouteCache implements HttpCache {
  readonly #cache: CacheInternals;
  readonly #route: Route;

  constructor(cache: CacheInternals, route: Route) {
    this.#cache = cache;
    this.#route = route;
  }

  begin(request: RequestView, earlier?: () => HeaderFields): Ticket | Promise<Ticket> {
    try {
      const ticket = this.#begin(request, earlier);
      return isPromise(ticket) ? ticket.catch((error: unknown) => this.#failed("error", error)) : ticket;
    } catch (error) {
      return this.#failed("error", error);
    }
  }

  #begin(request: RequestView, earlier: (() => HeaderFields) | undefined): Ticket | Promise<Ticket> {
    if (!this.#route.enabled()) return this.#bypass("disabled");
    const judgement = judgeRequest(request, this.#route.requests);
    if (!judgement.use) return this.#bypass(judgement.reason, judgement.detail);
    const { maxAge } = judgement;
    let key: HttpKey | Promise<HttpKey>;
    try {
      key = this.#route.keys.of(request);
    } catch (error) {
      return this.#failed("key", error);
    }
    if (!isPromise(key)) return this.#enter({ request, earlier, key, maxAge });
    return key.then(
      (settled) => this.#enter({ request, earlier, key: settled, maxAge }),
      (error: unknown) => this.#failed("key", error),
    );
  }

  #enter(visit: Visit): Ticket | Promise<Ticket> {
    const { request, key, maxAge } = visit;
    const { space, entries } = this.#route;
    const full = fullKey(space, key.tail);
    const { pipeline } = this.#cache;
    const entrance =
      request.method === "HEAD" ? pipeline.peek(full, entries, maxAge) : pipeline.enter(full, entries, maxAge);
    return isPromise(entrance)
      ? entrance.then((settled) => this.#ticket(visit, settled))
      : this.#ticket(visit, entrance);
  }

  #ticket(visit: Visit, entrance: Entrance | undefined): Ticket | Promise<Ticket> {
    // Only the answer to GET has the body that an entry needs.
    if (entrance === undefined) return { state: "bypass", fields: this.#route.status.headMiss() };
    if (entrance.kind === "handover") return this.#bypass("load");
    if (entrance.kind === "fill") return this.#miss(visit, entrance);
    let response: StoredResponse;
    try {
      response = responsePacking.unpack(entrance) as StoredResponse;
    } catch (error) {
      return this.#replace(visit, entrance, error);
    }
    return { state: "hit", reply: this.#reply(visit, entrance, response) } satisfies HitTicket;
  }

  #reply({ request, key, earlier }: Visit, entry: Entry, response: StoredResponse): Reply {
    const { now, status } = this.#route;
    const reply = replyFrom(entry, response, readConditions(request), request.method, now(), status);
    // Only an answer with something in its key has a `Vary` that could take the place of an earlier one.
    return key.keyed.size === 0 || earlier === undefined ? reply : withEarlierVary(reply, earlier());
  }

  #miss({ request, key, earlier, maxAge }: Visit, fill: Fill): MissTicket | BypassTicket {
    const forward = maxAge === Number.POSITIVE_INFINITY ? "uri-miss" : "request";
    try {
      const tags = this.#route.tagsOf?.(request);
      if (tags !== undefined) checkTags(tags);
      return new Miss({
        route: this.#route,
        fill,
        conditions: readConditions(request),
        keyed: key.keyed,
        tags,
        forward,
        earlier: fieldMap(earlier?.() ?? []),
      });
    } catch (error) {
      fill.abandon();
      return this.#failed("tags", error);
    }
  }

  /** An entry that cannot be read is loaded anew. */
  async #replace(visit: Visit, entry: Entry, error: unknown): Promise<Ticket> {
    const { pipeline, telemetry } = this.#cache;
    if (visit.request.method !== "HEAD") {
      return this.#ticket(visit, await pipeline.discard(entry, this.#route.entries, error));
    }
    telemetry.decodeError(entry.key, error);
    return this.#ticket(visit, undefined);
  }

  #bypass(reason: string, detail?: string): BypassTicket {
    this.#cache.telemetry.bypass(reason, detail);
    return { state: "bypass", fields: this.#route.status.bypass(reason, detail) };
  }

  /** What an error says is for events; clients are told no more than where it came from. */
  #failed(reason: string, error: unknown): BypassTicket {
    const message: unknown = error instanceof Error ? error.message : undefined;
    this.#cache.telemetry.bypass(reason, typeof message === "string" ? message : describe(error));
    return { state: "bypass", fields: this.#route.status.bypass(reason, undefined) };
  }
}

/** A reply takes the place of fields of the same name; what earlier middleware said in `Vary` must stay true. */
function withEarlierVary(reply: Reply, earlier: HeaderFields): Reply {
  const before = fieldMap(earlier).get("vary");
  const own = reply.fields.filter(([name]) => name.toLowerCase() === "vary");
  if (before === undefined || own.length === 0) return reply;
  const vary = extendList(before, tokens(fieldMap(own).get("vary"))) ?? before;
  return { ...reply, fields: [...reply.fields.filter((line) => !own.includes(line)), ["Vary", vary]] };
}
