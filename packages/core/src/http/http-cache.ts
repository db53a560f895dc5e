import type { Cache } from "../cache.ts";
import { canonical } from "../canonical.ts";
import type { Detour, Entrance, Stale } from "../entrance.ts";
import type { Entry } from "../entry.ts";
import { invalidOption } from "../errors.ts";
import type { Fill } from "../fill.ts";
import { type CacheInternals, internals } from "../internals.ts";
import { targetLabel } from "../labels.ts";
import type { Policy } from "../policy.ts";
import { goOnWith, isPromise } from "../promise.ts";
import { fullKey, keyTail } from "../space.ts";
import { Aftermath } from "./aftermath.ts";
import type { Refusal } from "./cache-status.ts";
import { extendList, fieldMap, tokens } from "./fields.ts";
import { replyFrom } from "./hit.ts";
import type { HttpKey } from "./http-key.ts";
import { Miss } from "./miss.ts";
import { MissFacts, type Placement } from "./miss-facts.ts";
import type { RouteOptions } from "./options.ts";
import type { QueryFilter } from "./query.ts";
import { bodyMark, isRead } from "./request-body.ts";
import { judgeRequest } from "./request-policy.ts";
import type { RequestView } from "./request-view.ts";
import type { HeaderFields, Reply, StoredResponse } from "./response.ts";
import { controlOf, responsePacking, variantsPacking } from "./response-packing.ts";
import { isForAll } from "./response-policy.ts";
import { RetargetedView } from "./retargeted-view.ts";
import { Route } from "./route.ts";
import type { BypassTicket, HitTicket, MissTicket, Ticket } from "./ticket.ts";
import { newVariants, type Variants, variantTail } from "./vary.ts";
import { Visit, type Welcome } from "./visit.ts";

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

/**
 * The cache of one route, for an adapter: made once, when the route is defined.
 *
 * @throws CachetteError `OPTION_INVALID`
 */
export function createHttpCache(cache: Cache, options: RouteOptions = {}): HttpCache {
  const inside = cache?.[internals];
  if (inside === undefined) throw invalidOption("cache", "a cache made by createCache", cache);
  return new RouteCache(inside, new Route(inside, options));
}

/** Which fields the answers under a key vary by is kept at least this long. */
const shortestIndex = 3_600_000;

/** After this many loads that gave other variants, a request waits for no more of them. */
const mostDetours = 1;

class RouteCache implements HttpCache {
  readonly #cache: CacheInternals;
  readonly #route: Route;
  readonly #aftermath: Aftermath;
  /** Whether what was made of an entry for one request can be had by the next. */
  readonly #remembers: boolean;

  constructor(cache: CacheInternals, route: Route) {
    this.#cache = cache;
    this.#route = route;
    this.#aftermath = new Aftermath(cache, route);
    this.#remembers = cache.pipeline.store.keepsEntries;
  }

  begin(request: RequestView, earlier?: () => HeaderFields): Ticket | Promise<Ticket> {
    try {
      return this.#begin(request, earlier);
    } catch (error) {
      return this.#failed("error", error);
    }
  }

  /** Goes on when a promise is settled; `reason`: what its error is called. The outcome never rejects. */
  #after<T>(
    promise: Promise<T>,
    goOn: (value: T) => Ticket | Promise<Ticket>,
    reason: string = "error",
  ): Promise<Ticket> {
    return promise.then(
      (value) => {
        try {
          return goOn(value);
        } catch (error) {
          return this.#failed("error", error);
        }
      },
      (error: unknown) => this.#failed(reason, error),
    );
  }

  #begin(request: RequestView, earlier: (() => HeaderFields) | undefined): Ticket | Promise<Ticket> {
    if (!this.#route.enabled()) return this.#passed(request, this.#bypass("disabled"));
    const judgement = judgeRequest(request, this.#route.requests);
    if (!judgement.use) return this.#passed(request, this.#bypass(judgement.reason, judgement.detail));
    const { identity } = this.#route;
    let by = "";
    if (identity !== undefined) {
      try {
        const mark = identity.markOf(request);
        if (mark === undefined) return this.#bypass("no-identity");
        by = mark;
      } catch (error) {
        return this.#failed("identity", error);
      }
    }
    if (isRead(request)) return this.#arrive(request, earlier, judgement, by);
    return this.#read(request, (mark) => this.#arrive(request, earlier, judgement, mark + by));
  }

  /** A request with a body, which is part of the key: `arrive` goes on with its mark. */
  #read(request: RequestView, arrive: (mark: string) => Ticket | Promise<Ticket>): Ticket | Promise<Ticket> {
    const proceed = (mark: string | Refusal): Ticket | Promise<Ticket> =>
      typeof mark === "string" ? arrive(mark) : this.#bypass(mark.reason, mark.detail);
    try {
      const mark = bodyMark(request, this.#route.maxBodyBytes);
      if (!isPromise(mark)) return proceed(mark);
      return this.#after(mark, proceed, "request-body");
    } catch (error) {
      return this.#failed("request-body", error);
    }
  }

  /** `marks`: what joins the key whatever a key builder says. */
  #arrive(
    received: RequestView,
    earlier: (() => HeaderFields) | undefined,
    judgement: Welcome,
    marks: string,
  ): Ticket | Promise<Ticket> {
    const { query, keys } = this.#route;
    const { routed } = received;
    const request = query === undefined ? received : withTarget(received, query);
    const mark = routed === undefined ? "" : ` @at=${canonical(query?.targetOf(routed) ?? routed)}`;
    let key: HttpKey | Promise<HttpKey>;
    try {
      key = keys.of(request, mark + marks);
    } catch (error) {
      return this.#failed("key", error);
    }
    const target = request === received ? undefined : request.url;
    const enter = (settled: HttpKey): Ticket | Promise<Ticket> =>
      this.#enter(new Visit(request, target, this.#entriesFor(request), settled, judgement, earlier));
    return isPromise(key) ? this.#after(key, enter, "key") : enter(key);
  }

  /** Only where there may be several entries for a target: a label more is a look-up more on each hit. */
  #entriesFor(request: RequestView): Policy {
    const { entries, keys, labelled } = this.#route;
    return labelled || request.routed !== undefined
      ? { ...entries, labels: [...entries.labels, targetLabel(keys.target(request))] }
      : entries;
  }

  /** What is not for the cache may still change what it holds. */
  #passed(request: RequestView, ticket: BypassTicket): BypassTicket {
    if (!this.#aftermath.follows(request)) return ticket;
    return { ...ticket, settled: (head) => this.#aftermath.settled(request, head) };
  }

  #enter(visit: Visit): Ticket | Promise<Ticket> {
    const { request, entries, place } = visit;
    const { demand, identified, onlyIfCached } = visit.judgement;
    const { pipeline } = this.#cache;
    if (demand === undefined && !identified) {
      const { packing } = entries;
      const seen = pipeline.store.glance(this.#route.space.head, this.#tailIn(visit), packing);
      if (seen !== undefined) {
        if (seen.coder === packing.coder) pipeline.telemetry.hit(seen);
        return this.#ticket(visit, seen);
      }
    }
    const key = this.#keyOf(visit);
    const policy = place === undefined ? entries : { ...entries, under: place.index.key };
    const may = identified ? mayBeShared : undefined;
    const goOn = (entrance: Entrance | undefined) => this.#admitted(visit, entrance);
    if (request.method === "HEAD" || onlyIfCached) return pipeline.peek(key, policy, demand, may, goOn);
    if (may !== undefined) return pipeline.enterAlone(key, policy, demand, may, goOn);
    return place !== undefined && place.detours > mostDetours
      ? pipeline.enterAlone(key, policy, demand, () => true, goOn)
      : pipeline.enter(key, policy, demand, goOn, this.#loadFailed);
  }

  /** As `#ticket`. Never throws, and what it promises never rejects. */
  #admitted(visit: Visit, entrance: Entrance | undefined): Ticket | Promise<Ticket> {
    try {
      return this.#ticket(visit, entrance);
    } catch (error) {
      return this.#failed("error", error);
    }
  }

  readonly #loadFailed = (error: unknown): Ticket => this.#failed("error", error);

  #keyOf(visit: Visit): string {
    return this.#route.space.head + this.#tailIn(visit);
  }

  /** What stands behind the head in the key. */
  #tailIn(visit: Visit): string {
    const { key, place } = visit;
    return keyTail(place === undefined ? key.tail : this.#tailOf(visit, place.variants));
  }

  /** The tail of the key of one variant. */
  #tailOf({ request, key }: Visit, variants: Variants): string {
    const unknown = () => this.#route.inputs.unknown(request, new Set([...key.keyed, ...variants.names]));
    return key.tail + variantTail(variants, request, unknown);
  }

  #ticket(visit: Visit, entrance: Entrance | undefined): Ticket | Promise<Ticket> {
    const { request } = visit;
    const { onlyIfCached } = visit.judgement;
    if (entrance === undefined || (entrance.kind === "fill" && (onlyIfCached || request.method === "HEAD"))) {
      if (entrance?.kind === "fill") entrance.abandon();
      // Only the answer to GET has the body that an entry needs.
      return onlyIfCached ? this.#gatewayTimeout() : { state: "bypass", fields: this.#route.status.headMiss() };
    }
    if (entrance.kind === "handover") return this.#bypass("load");
    if (entrance.kind === "detour") return this.#redirected(visit, entrance);
    if (entrance.kind === "fill") return this.#miss(visit, entrance, true);
    const entry = entrance.kind === "stale" ? entrance.entry : entrance;
    if (entry.coder === variantsPacking.coder) return this.#choose(visit, entry);
    return this.#served(visit, entry, entrance.kind === "stale" ? entrance : undefined);
  }

  #served(visit: Visit, entry: Entry, stale: Stale | undefined): Ticket | Promise<Ticket> {
    const tag = visit.request.header("if-none-match");
    const plain = this.#remembers && stale === undefined && isPlain(visit, tag);
    const shown = plain ? this.#shown(tag, entry) : undefined;
    if (shown !== undefined) return shown;
    let response: StoredResponse;
    try {
      response = responsePacking.unpack(entry) as StoredResponse;
    } catch (error) {
      stale?.fill?.abandon();
      return this.#replace(visit, entry, error);
    }
    try {
      const ticket = plain ? this.#show(visit, tag, entry, response) : undefined;
      if (ticket !== undefined) return ticket;
      const now = this.#route.now();
      const reply = this.#reply(visit, entry, response, this.#statusOf(visit, entry, stale, now), now);
      if (stale === undefined && entry.freshUntil > now) return { state: "hit", reply };
      if (stale?.fill === undefined) return { state: "stale", reply, refresh: undefined };
      const refresh = this.#miss(visit, stale.fill, false);
      return { state: "stale", reply, refresh: refresh.state === "miss" ? refresh : undefined };
    } catch (error) {
      stale?.fill?.abandon();
      throw error;
    }
  }

  /**
   * A fresh entry for a request that asks for nothing in particular, or whether it still has the tag that it knows: the
   * same ticket for all of them in one second.
   */
  #shown(tag: string | undefined, entry: Entry): HitTicket | undefined {
    const latest = entry.shown as Shown | undefined;
    const last = latest === undefined || latest.tag === tag ? latest : latest.other;
    if (last === undefined || last.tag !== tag || last.by !== this) return undefined;
    const now = this.#route.now();
    return now >= last.from && now < last.until ? last.ticket : undefined;
  }

  /** Makes that ticket; none where it is about to be stale. */
  #show(visit: Visit, tag: string | undefined, entry: Entry, response: StoredResponse): HitTicket | undefined {
    const now = this.#route.now();
    const latest = entry.shown as Shown | undefined;
    const left = entry.freshUntil - now;
    if (left <= 0) return undefined;
    const reply = this.#reply(visit, entry, response, this.#route.status.hit(left), now);
    const ticket: HitTicket = { state: "hit", reply };
    if (now < entry.storedAt) return ticket;
    // Until a second more has gone by since it was made, or a second less is left.
    const until = now + Math.min(1_000 - ((now - entry.storedAt + response.age) % 1_000), left % 1_000 || 1_000);
    // Two at most: one for those who have nothing yet, and one for a tag.
    const other = latest !== undefined && (latest.tag === undefined) !== (tag === undefined) ? latest : latest?.other;
    entry.shown = {
      by: this,
      tag,
      from: now,
      until,
      ticket,
      other: other && { ...other, other: undefined },
    } satisfies Shown;
    return ticket;
  }

  #statusOf({ judgement: { demand } }: Visit, entry: Entry, stale: Stale | undefined, now: number): HeaderFields {
    const { status } = this.#route;
    const ttl = entry.freshUntil - now;
    if (stale !== undefined) return status.stale(ttl, demand === undefined ? "stale-while-revalidate" : "max-stale");
    if (ttl > 0) return status.hit(ttl);
    // From a load that was waited for.
    return status.stale(ttl, entry.staleUntil > now ? "stale-while-revalidate" : "stale-if-error");
  }

  /** Goes on to the variant that the request is for. */
  #choose(visit: Visit, index: Entry): Ticket | Promise<Ticket> {
    if (visit.place !== undefined) return this.#bypass("vary");
    let variants: Variants;
    try {
      variants = variantsPacking.unpack(index) as Variants;
    } catch (error) {
      return this.#replace(visit, index, error);
    }
    return this.#enter(visit.at({ variants, index, detours: 0 }));
  }

  /** A load that was waited for gave a variant: this one, or one for others. */
  #redirected(visit: Visit, { entry, index }: Detour): Ticket | Promise<Ticket> {
    const variants = variantsPacking.unpack(index) as Variants;
    const there = visit.at({ variants, index, detours: (visit.place?.detours ?? 0) + 1 });
    if (entry.key !== this.#keyOf(there)) return this.#enter(there);
    this.#cache.telemetry.shared();
    return this.#served(there, entry, undefined);
  }

  #reply(
    { request, key, earlier }: Visit,
    entry: Entry,
    response: StoredResponse,
    own: HeaderFields,
    now: number,
  ): Reply {
    const added = this.#route.added(own, response, now - entry.storedAt, entry.freshUntil - now);
    const reply = replyFrom(entry, response, request, now, added);
    // Only an answer with something in its key has a `Vary` that could take the place of an earlier one.
    return key.keyed.size === 0 || earlier === undefined ? reply : withEarlierVary(reply, earlier());
  }

  #gatewayTimeout(): HitTicket {
    const fields = [...this.#route.status.unsatisfied("only-if-cached"), ["Content-Length", "0"] as const];
    return { state: "hit", reply: { status: 504, fields, body: undefined } };
  }

  #miss(visit: Visit, fill: Fill, hasClient: boolean): MissTicket | BypassTicket {
    const placeOf = (vary: readonly string[], lives: number) => this.#placeOf(visit, fill, vary, lives);
    try {
      return new Miss(new MissFacts(this.#route, visit, fill, hasClient, placeOf));
    } catch (error) {
      fill.abandon();
      return this.#failed("tags", error);
    }
  }

  /** Where an answer that varies by `vary` belongs; the index that leads there is stored, if it has to be. */
  #placeOf(visit: Visit, fill: Fill, vary: readonly string[], lives: number): Placement {
    const { key, place } = visit;
    const known = place?.variants.names ?? [];
    const names = [...new Set([...known, ...vary])].sort();
    const same = place !== undefined && names.length === known.length;
    if (names.length === 0 || (same && place.index.expiresAt >= this.#route.now() + lives)) {
      return { tail: this.#tailIn(visit) };
    }
    const variants = same ? place.variants : newVariants(names);
    const { space } = this.#route;
    // Twice as long as it must be: else each variant that comes a little later would have to write it again.
    const index = fill.beside(
      fullKey(space, key.tail),
      variantsPacking,
      variants,
      Math.max(2 * lives, shortestIndex),
      place?.index,
    );
    const tail = this.#tailOf(visit, variants);
    return { key: fullKey(space, tail), tail, index };
  }

  /** An entry that cannot be read is loaded anew. */
  #replace(visit: Visit, entry: Entry, error: unknown): Ticket | Promise<Ticket> {
    const { pipeline, telemetry } = this.#cache;
    if (visit.request.method === "HEAD") {
      telemetry.decodeError(entry.key, error);
      return this.#ticket(visit, undefined);
    }
    return goOnWith(
      pipeline.discard(entry, visit.entries, error),
      (entrance) => this.#admitted(visit, entrance),
      this.#loadFailed,
    );
  }

  #bypass(reason: string, detail?: string): BypassTicket {
    this.#cache.telemetry.bypass(reason, detail);
    return { state: "bypass", fields: this.#route.status.bypass(reason, detail) };
  }

  /** What an error says is for events; clients are told no more than where it came from. */
  #failed(reason: string, error: unknown): BypassTicket {
    this.#cache.telemetry.bypassOn(reason, error);
    return { state: "bypass", fields: this.#route.status.bypass(reason, undefined) };
  }
}

/** What was made of an entry by one route, and when that is what all its requests with a tag, or without one, get. */
interface Shown {
  readonly by: RouteCache;
  readonly tag: string | undefined;
  readonly from: number;
  readonly until: number;
  readonly ticket: HitTicket;
  readonly other: Shown | undefined;
}

/** Whether the reply depends on nothing but the entry, the time, and the tag that the client knows, if any. */
function isPlain({ request, key, earlier }: Visit, tag: string | undefined): boolean {
  return (
    request.method === "GET" &&
    (key.keyed.size === 0 || earlier === undefined) &&
    request.header("range") === undefined &&
    // Where there is a tag, it decides alone (RFC 9110 13.1.3).
    (tag === undefined ? request.header("if-modified-since") === undefined : tag.length <= longestTag)
  );
}

/** A longer one is not remembered with its answer: clients write what they like. */
const longestTag = 100;

/** A reply takes the place of fields of the same name; what earlier middleware said in `Vary` must stay true. */
function withEarlierVary(reply: Reply, earlier: HeaderFields): Reply {
  const before = fieldMap(earlier).get("vary");
  const own = reply.fields.filter(([name]) => name.toLowerCase() === "vary");
  if (before === undefined || own.length === 0) return reply;
  const vary = extendList(before, tokens(fieldMap(own).get("vary"))) ?? before;
  return { ...reply, fields: [...reply.fields.filter((line) => !own.includes(line)), ["Vary", vary]] };
}

/** Whether an entry may be given to somebody who said who they are. */
function mayBeShared(entry: Entry): boolean {
  try {
    return isForAll(controlOf(responsePacking.unpack(entry) as StoredResponse));
  } catch {
    return false;
  }
}

/** The request with the target that counts; the very same one if that is the one it has. */
function withTarget(request: RequestView, query: QueryFilter): RequestView {
  const url = query.targetOf(request.url);
  return url === request.url ? request : new RetargetedView(request, url);
}
