import type { Demand } from "../demand.ts";
import { type Directives, parseDirectives, secondsOf } from "./directives.ts";
import { hasBody, isRead } from "./request-body.ts";
import type { RequestView } from "./request-view.ts";

/** What a request asks of the cache. */
export type RequestJudgement =
  /** Not to be involved. */
  | { readonly use: false; readonly reason: string; readonly detail?: string }
  | {
      readonly use: true;
      /** What it asks beyond a fresh answer. */
      readonly demand: Demand | undefined;
      /** It would rather have no answer than one from the handler. */
      readonly onlyIfCached: boolean;
      /** It says who it is from: only answers that are expressly for all may be shared with it. */
      readonly identified: boolean;
    };

export interface RequestPolicy {
  /** The methods that are cached. */
  readonly methods: ReadonlySet<string>;
  /** The key says who a request is from, so that others need not be kept from its answer. */
  readonly owned: boolean;
  readonly clientDirectives: "honour" | "ignore";
  /** `"refuse"`: a request with cookies is not cached. */
  readonly cookies: "refuse" | "accept";
  /** A reload cannot be forced more often than this, whoever asks: an entry younger than that is given all the same. */
  readonly reloadEvery: number;
}

const welcome: RequestJudgement & { use: true } = {
  use: true,
  demand: undefined,
  onlyIfCached: false,
  identified: false,
};
const identified: RequestJudgement & { use: true } = { ...welcome, identified: true };

/** Fields by which a request may mean another method than it has. */
export const methodOverrides = ["x-http-method-override", "x-http-method", "x-method-override"] as const;

/** A host and a port as RFC 3986 3.2.2 and RFC 9110 7.2 write them. Anything else might name another host to somebody. */
const hostForm = /^(?:\[[\da-f:.]+\]|[\w.~%!$&'()*+;=-]*)(?::\d*)?$/i;

/** The last that was found to be one: as a rule the next is the same. */
let lastHost: string | undefined;

function isHost(host: string): boolean {
  if (host === lastHost) return true;
  if (!hostForm.test(host)) return false;
  lastHost = host;
  return true;
}

/** Whether a request may be looked up and stored. The order is that of cost: what is common and cheap comes first. */
export function judgeRequest(request: RequestView, policy: RequestPolicy): RequestJudgement {
  if (!policy.methods.has(request.method)) return refuse("method");
  if (policy.cookies === "refuse" && request.header("cookie") !== undefined) return refuse("cookie");
  for (const name of methodOverrides) {
    if (request.header(name) !== undefined) return refuse("method-override", name);
  }
  // A body that the key does not know of would be a second meaning for the key.
  if (isRead(request) && hasBody(request)) return refuse("request-body");
  if (!request.url.startsWith("/") || /[\s\0]/.test(request.url)) return refuse("target");
  if (request.host !== undefined && !isHost(request.host)) return refuse("host");
  const base = policy.owned || request.header("authorization") === undefined ? welcome : identified;
  return policy.clientDirectives === "ignore" ? base : judgeDirectives(request, base, policy.reloadEvery);
}

function judgeDirectives(
  request: RequestView,
  base: RequestJudgement & { use: true },
  reloadEvery: number,
): RequestJudgement {
  const field = request.header("cache-control");
  if (field === undefined) {
    // RFC 9111 5.4: counts only where there is no Cache-Control.
    const pragma = request.header("pragma");
    if (pragma === undefined || !parseDirectives(pragma).has("no-cache")) return base;
    return { ...base, demand: { ...anything, maxAge: justNow, reloadEvery } };
  }
  const directives = parseDirectives(field);
  if (directives.has("no-store")) return refuse("no-store");
  const onlyIfCached = directives.has("only-if-cached");
  const demand = demandOf(directives, reloadEvery);
  return demand === undefined && !onlyIfCached ? base : { ...base, demand, onlyIfCached };
}

const anything: Demand = { maxAge: Number.POSITIVE_INFINITY, minFresh: 0, maxStale: 0, reloadEvery: 0 };

/** No stored answer is that young. */
const justNow = -1;

/** RFC 9111 5.2.1; `undefined` where nothing is asked. */
function demandOf(directives: Directives, reloadEvery: number): Demand | undefined {
  if (directives.has("no-cache")) return { ...anything, maxAge: justNow, reloadEvery };
  const maxAge = secondsOf(directives, "max-age");
  const minFresh = secondsOf(directives, "min-fresh");
  const anyStale = directives.get("max-stale")?.every((value) => value === "") === true;
  const maxStale = anyStale ? Number.POSITIVE_INFINITY : secondsOf(directives, "max-stale");
  if (maxAge === undefined && minFresh === undefined && maxStale === undefined) return undefined;
  return {
    maxAge: 1000 * (maxAge ?? Number.POSITIVE_INFINITY),
    minFresh: 1000 * (minFresh ?? 0),
    maxStale: 1000 * (maxStale ?? 0),
    reloadEvery,
  };
}

function refuse(reason: string, detail?: string): RequestJudgement {
  return detail === undefined ? { use: false, reason } : { use: false, reason, detail };
}
