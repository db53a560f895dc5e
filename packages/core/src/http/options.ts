import type { ByteSize } from "../bytes.ts";
import type { Duration } from "../duration.ts";
import type { KeyBuilder } from "../key-builder.ts";
import type { PrivateOptions } from "./identity.ts";
import type { InvalidatesOptions } from "./invalidates.ts";
import type { QueryOptions } from "./query.ts";
import type { CachedMethod } from "./request-body.ts";
import type { RequestView } from "./request-view.ts";

/** What a route may say about its caching; an adapter takes the same as defaults for all its routes. */
export interface RouteOptions {
  /**
   * How long an answer without explicit freshness is kept. What the handler says itself (`Cache-Control`, `Expires`)
   * goes before it, see `override`. Without a `ttl` only answers with explicit freshness are stored.
   */
  readonly ttl?: Duration;
  /** The group of entries to belong to, for `clear({ namespace })`. */
  readonly namespace?: string;
  /** Labels for `invalidateTags`: a fixed list, or what the request says. */
  readonly tags?: readonly string[] | ((request: RequestView) => readonly string[]);
  /** Makes the tail of the key from the request and the default tail, such as `GET:http://localhost:8000/slow?q=42`. */
  readonly key?: KeyBuilder<RequestView>;
  /** Whether scheme and host are part of the key; `false` only where they do not show in the answer. Default: `true`. */
  readonly host?: boolean;
  /** Names of request fields that join the key; an answer whose `Vary` names only these is stored. */
  readonly vary?: readonly string[];
  /**
   * Which cookies matter. Default: a request with cookies is not cached. A list puts those in the key; `"ignore"` says
   * that none of them changes the answer.
   */
  readonly cookies?: "ignore" | readonly string[];
  /**
   * Inputs that a handler may read although they are in no key, as they do not change the answer: names of request
   * fields, `"ip"` for the client's address, or names of `identity`. Everything else that a handler reads and that the
   * key does not hold keeps its answer from being stored, or joins the key if it is a field such as `Accept-Language`.
   */
  readonly unkeyed?: readonly string[];
  /**
   * Under which names earlier middleware attaches who a request is from, on the framework's request or beside it; what
   * comes of reading one of them is not stored. In place of the usual names: `user`, `session`, `auth`, `cookies` …
   */
  readonly identity?: readonly string[];
  /**
   * Whose answers these are: `{ by: (request) => userOf(request.header("authorization")) }`. What `by` gives joins the
   * key, so nobody gets what was made for another, and answers that say `private` are stored too. Requests with
   * `Authorization` or cookies are looked up like any other; those for which `by` gives `undefined` or an empty text
   * are not cached, nor are they if it throws. Clients are told `private`, and `no-cache` unless the handler or
   * `clientTtl` says otherwise. Two people must never have the same identity: take it from what was authenticated.
   */
  readonly private?: PrivateOptions;
  /**
   * The methods to cache; HEAD goes with GET. QUERY and POST have method, body, `Content-Type` and `Content-Encoding` in
   * the key, and are for requests that only ask. A parser must have read the body before the cache on Express and
   * Fastify; a body that is not known, in several parts (`multipart`), or longer than `maxBodyBytes` is not cached. They
   * get no 304 and no ranges, and are not refreshed in the background: `staleWhileRevalidate` does not count for them.
   * They do not count as having changed what is stored for their target. Default: `["GET"]`.
   */
  readonly methods?: readonly CachedMethod[];
  /**
   * Which parts of the query count, for the key and for what the handler sees of the request:
   * `{ ignore: ["utm_source"], sort: true }`. Default: all of it, as it was written.
   */
  readonly query?: QueryOptions;
  /**
   * What a request that changes something (POST, PUT, DELETE …), answered 2xx or 3xx, makes void beyond what is stored for
   * its own target, before its answer goes out: `{ tags: ["users"] }`. What fails is an event and is made up for later;
   * the answer goes out all the same.
   */
  readonly invalidates?: InvalidatesOptions;
  /** Further statuses to store, each with its own time: `{ 404: "5s" }`. */
  readonly statuses?: Readonly<Record<number, Duration>>;
  /**
   * How long clients may keep an answer without asking, where neither the handler nor what stands before it says so with
   * `Cache-Control` or `Expires`: as long as it is fresh here (`"remaining"`), or this long at most. They are told
   * `max-age`, which counts from the answer's `Age`. Neither they nor caches on the way learn of a purge before that.
   * Default: they keep it, but ask each time (`no-cache`).
   */
  readonly clientTtl?: "remaining" | Duration;
  /** `true`: `ttl` goes before the freshness that the handler gives. Default: `false`. */
  readonly override?: boolean;
  /**
   * How long after it is no longer fresh an answer may be served while the handler is asked anew, once, in the
   * background. What the answer says itself goes before. Default: 0.
   */
  readonly staleWhileRevalidate?: Duration;
  /** How long after it is no longer fresh an answer may be served in place of a 5xx or an error. Default: 0. */
  readonly staleIfError?: Duration;
  /** `true`: an answer with `Last-Modified` that says nothing of freshness is fresh for a tenth of its age. Default: `false`. */
  readonly heuristic?: boolean;
  /** How often clients can force the handler to be asked, for one key. 0 for whenever they like. Default: `"1s"`. */
  readonly reloadEvery?: Duration;
  /** `"ignore"`: what clients ask with `Cache-Control` and `Pragma` does not count. Default: `"honour"`. */
  readonly clientDirectives?: "honour" | "ignore";
  /** Larger bodies pass through and are not stored; requests with larger ones are not cached. Default: `"1mb"`. */
  readonly maxBodyBytes?: ByteSize;
  /** Name of the short status field, `HIT`, `MISS`, `STALE` or `BYPASS`; `false` for none. Default: `"X-Cache"`. */
  readonly statusHeader?: string | false;
  /** `false` turns caching off for the route. Default: that of the cache. */
  readonly enabled?: boolean;
}
