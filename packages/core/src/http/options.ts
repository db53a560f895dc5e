import type { ByteSize } from "../bytes.ts";
import type { Duration } from "../duration.ts";
import type { KeyBuilder } from "../key-builder.ts";
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
  /** Further statuses to store, each with its own time: `{ 404: "5s" }`. */
  readonly statuses?: Readonly<Record<number, Duration>>;
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
  /** Larger bodies pass through and are not stored. Default: `"1mb"`. */
  readonly maxBodyBytes?: ByteSize;
  /** Name of the short status field, `HIT`, `MISS` or `BYPASS`; `false` for none. Default: `"X-Cache"`. */
  readonly statusHeader?: string | false;
  /** `false` turns caching off for the route. Default: that of the cache. */
  readonly enabled?: boolean;
}
