import type { Cache } from "../cache.ts";
import type { Entry } from "../entry.ts";
import { describe, invalidOption } from "../errors.ts";
import type { Fill } from "../fill.ts";
import { type CacheInternals, internals } from "../internals.ts";
import { checkTags } from "../options.ts";
import type { Entrance, Stale } from "../pipeline.ts";
import { isPromise } from "../promise.ts";
import { fullKey } from "../space.ts";
import { extendList, fieldMap, tokens } from "./fields.ts";
import { replyFrom } from "./hit.ts";
import type { HttpKey } from "./http-key.ts";
import { Miss } from "./miss.ts";
import type { RouteOptions } from "./options.ts";
import { judgeRequest, type RequestJudgement } from "./request-policy.ts";
import type { RequestView } from "./request-view.ts";
import type { HeaderFields, Reply, ResponseHead, StoredResponse } from "./response.ts";
import { responsePacking, variantsPacking } from "./response-packing.ts";
import { isForAll } from "./response-policy.ts";
import { Route } from "./route.ts";
import type { BypassTicket, HitTicket, MissTicket, Ticket } from "./ticket.ts";
import { newVariants, type Variants, variantTail } from "./vary.ts";

/** The cache of one route. */
export interface HttpCache {
  /**
   * Decides about one request. Answers at once where the backend does. Never throws, never rejects.
   *
   * @param earlier gives the fields that earlier middleware has set on the answer by now. They are judged along with the
   * handler's, so that a `no-store` counts wherever it was said; they are not stored, as the same middleware sets them
   * again on a hit. Cookies do not count: each client gets those that are for it. It is called before the ticket is
   * handed out, if at all.
   */
  begin(request: RequestView, earlier?: () => HeaderFields): Ticket | Promise<Ticket>;
}

/** @throws CachetteError `OPTION_INVALID` */
export function createHttpCache(cache: Cache, options: RouteOptions = {}): HttpCache {
  const inside = cache?.[internals];
  if (inside === undefined) throw invalidOption("cache", "a cache made by createCache", cache);
  return new RouteCache(inside, new Route(inside, options));
}

type Welcome = Omit<Extract<RequestJudgement, { use: true }>, "use">;

/** A request on its way through the cache. */
interface Visit extends Welcome {
  readonly request: RequestView;
  readonly earlier: (() => HeaderFields) | undefined;
  readonly key: HttpKey;
  /** Set once the answers under the key are known to vary. */
  readonly place?: Place;
}

/** Where in the key's variants a request belongs. */
interface Place {
  readonly variants: Variants;
  readonly index: Entry;
}

/** Of methods that are not safe, something may have been changed (RFC 9110 9.2.1). */
const safeMethods = new Set(["GET", "HEAD", "OPTIONS", "TRACE", "QUERY"]);

/** Which fields the answers under a key vary by is kept at least this long. */
const shortestIndex = 3_600_000;

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
    if (!judgement.use) {
      const ticket = this.#bypass(judgement.reason, judgement.detail);
      if (safeMethods.has(request.method)) return ticket;
      return { ...ticket, settled: (head) => this.#changed(request, head) };
    }
    let key: HttpKey | Promise<HttpKey>;
    try {
      key = this.#route.keys.of(request);
    } catch (error) {
      return this.#failed("key", error);
    }
    if (!isPromise(key)) return this.#enter({ request, earlier, key, ...judgement });
    return key.then(
      (settled) => this.#enter({ request, earlier, key: settled, ...judgement }),
      (error: unknown) => this.#failed("key", error),
    );
  }

  #enter(visit: Visit): Ticket | Promise<Ticket> {
    const entrance = this.#look(visit);
    return isPromise(entrance)
      ? entrance.then((settled) => this.#ticket(visit, settled))
      : this.#ticket(visit, entrance);
  }

  #look(visit: Visit): Entrance | undefined | Promise<Entrance | undefined> {
    const { request, demand, identified, onlyIfCached } = visit;
    const { entries } = this.#route;
    const { pipeline } = this.#cache;
    const key = this.#keyOf(visit);
    if (identified) return pipeline.enterAlone(key, entries, demand, isIndexOrForAll);
    return request.method === "HEAD" || onlyIfCached
      ? pipeline.peek(key, entries, demand)
      : pipeline.enter(key, entries, demand);
  }

  #keyOf({ request, key, place }: Visit): string {
    const { space } = this.#route;
    return fullKey(space, place === undefined ? key.tail : key.tail + variantTail(place.variants, request));
  }

  #ticket(visit: Visit, entrance: Entrance | undefined): Ticket | Promise<Ticket> {
    const { request, onlyIfCached } = visit;
    if (entrance === undefined || (entrance.kind === "fill" && (onlyIfCached || request.method === "HEAD"))) {
      if (entrance?.kind === "fill") entrance.abandon();
      // Only the answer to GET has the body that an entry needs.
      return onlyIfCached ? this.#gatewayTimeout() : { state: "bypass", fields: this.#route.status.headMiss() };
    }
    if (entrance.kind === "handover") return this.#bypass("load");
    if (entrance.kind === "fill") return this.#miss(visit, entrance, true);
    const entry = entrance.kind === "stale" ? entrance.entry : entrance;
    if (entry.coder === variantsPacking.coder) return this.#choose(visit, entry);
    if (entry.key !== this.#keyOf(visit)) {
      // A load that was waited for gave one of several variants, and has left an index under the key.
      return visit.place === undefined ? this.#enter(visit) : this.#bypass("vary");
    }
    return this.#served(visit, entry, entrance.kind === "stale" ? entrance : undefined);
  }

  #served(visit: Visit, entry: Entry, stale: Stale | undefined): Ticket | Promise<Ticket> {
    let response: StoredResponse;
    try {
      response = responsePacking.unpack(entry) as StoredResponse;
    } catch (error) {
      stale?.fill?.abandon();
      return this.#replace(visit, entry, error);
    }
    const { status, now } = this.#route;
    const ttl = entry.freshUntil - now();
    if (stale === undefined) return { state: "hit", reply: this.#reply(visit, entry, response, status.hit(ttl)) };
    const reply = this.#reply(visit, entry, response, status.stale(ttl, "stale-while-revalidate"));
    if (stale.fill === undefined) return { state: "stale", reply, refresh: undefined };
    const refresh = this.#miss(visit, stale.fill, false);
    return { state: "stale", reply, refresh: refresh.state === "miss" ? refresh : undefined };
  }

  /** Goes on to the variant that the request is for. */
  #choose(visit: Visit, index: Entry): Ticket | Promise<Ticket> {
    if (visit.place !== undefined) return this.#bypass("vary");
    try {
      return this.#enter({ ...visit, place: { variants: variantsPacking.unpack(index) as Variants, index } });
    } catch (error) {
      return this.#replace(visit, index, error);
    }
  }

  #reply({ request, key, earlier }: Visit, entry: Entry, response: StoredResponse, own: HeaderFields): Reply {
    const reply = replyFrom(entry, response, request, this.#route.now(), own);
    // Only an answer with something in its key has a `Vary` that could take the place of an earlier one.
    return key.keyed.size === 0 || earlier === undefined ? reply : withEarlierVary(reply, earlier());
  }

  #gatewayTimeout(): HitTicket {
    const fields = this.#route.status.bypass("only-if-cached", undefined);
    return { state: "hit", reply: { status: 504, fields: [...fields, ["Content-Length", "0"]], body: undefined } };
  }

  #miss(visit: Visit, fill: Fill, hasClient: boolean): MissTicket | BypassTicket {
    const { request, key, earlier, identified, demand, place } = visit;
    const stale = readStale(fill);
    const missed = place === undefined ? "uri-miss" : "vary-miss";
    const forward = demand !== undefined ? "request" : stale === undefined ? missed : "stale";
    try {
      const tags = this.#route.tagsOf?.(request);
      if (tags !== undefined) checkTags(tags);
      return new Miss({
        route: this.#route,
        fill,
        request,
        hasClient,
        identified,
        keyed: key.keyed,
        tags,
        forward,
        earlier: fieldMap((earlier?.() ?? []).filter(([name]) => !/^set-cookie2?$/i.test(name))),
        stale,
        variantKey: (vary, lives) => this.#variantKey(visit, fill, vary, lives),
      });
    } catch (error) {
      fill.abandon();
      return this.#failed("tags", error);
    }
  }

  /** The key for an answer that varies by `vary`; what leads to it is stored along with it. */
  #variantKey({ request, key, place }: Visit, fill: Fill, vary: readonly string[], lives: number): string | undefined {
    const known = place?.variants.names ?? [];
    const names = [...new Set([...known, ...vary])].sort();
    if (names.length === 0) return undefined;
    const same = place !== undefined && names.length === known.length;
    const ttl = Math.max(lives, shortestIndex);
    if (same && place.index.expiresAt >= this.#route.now() + lives) return undefined;
    const variants = same ? place.variants : newVariants(names);
    fill.beside(fullKey(this.#route.space, key.tail), variantsPacking, variants, ttl);
    return fullKey(this.#route.space, key.tail + variantTail(variants, request));
  }

  /** After a request that may have changed something: what is stored for the same URI is no longer served (RFC 9111 4.4). */
  #changed(request: RequestView, { status, fields }: ResponseHead): void | Promise<void> {
    if (status < 200 || status > 399) return;
    const targets = new Set([request.url]);
    for (const [name, value] of fields) {
      if (/^(?:content-)?location$/i.test(name)) {
        const target = sameHost(request, value);
        if (target !== undefined) targets.add(target);
      }
    }
    return Promise.all([...targets].map((url) => this.#forget({ ...bare(request), url }))).then(() => {});
  }

  async #forget(request: RequestView): Promise<void> {
    try {
      const { tail } = await this.#route.keys.of(request);
      await this.#cache.pipeline.remove(fullKey(this.#route.space, tail));
    } catch {
      // Told of by an event, and made up for before anything is read again.
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

function isIndexOrForAll(entry: Entry): boolean {
  if (entry.coder === variantsPacking.coder) return true;
  try {
    return isForAll(fieldMap((responsePacking.unpack(entry) as StoredResponse).fields));
  } catch {
    return false;
  }
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

/** A view of the same request that can be spread. */
function bare(request: RequestView): RequestView {
  const { method, url, scheme, host } = request;
  return { method, url, scheme, host, header: (name) => request.header(name) };
}

/** The target that a reference leads to, if it is on the same host. */
function sameHost({ scheme, host, url }: RequestView, reference: string): string | undefined {
  try {
    const base = new URL(`${scheme}://${host ?? "localhost"}${url}`);
    const target = new URL(reference, base);
    return target.host === base.host && target.protocol === base.protocol ? target.pathname + target.search : undefined;
  } catch {
    return undefined;
  }
}
