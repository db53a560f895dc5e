import { parseDirectives, secondsOf } from "./directives.ts";
import type { RequestView } from "./request-view.ts";

/** What a request asks of the cache: not to be involved, or to give nothing older than `maxAge` milliseconds. */
export type RequestJudgement =
  | { readonly use: false; readonly reason: string; readonly detail?: string }
  | { readonly use: true; readonly maxAge: number };

export interface RequestPolicy {
  readonly clientDirectives: "honour" | "ignore";
  /** `"refuse"`: a request with cookies is not cached. */
  readonly cookies: "refuse" | "accept";
}

/** A reload cannot be forced more often than this, whoever asks: an entry younger than that is given all the same. */
const shortestReload = 1000;

const welcome: RequestJudgement = { use: true, maxAge: Number.POSITIVE_INFINITY };

/** Fields by which a request may mean another method than it has. */
const methodOverrides = ["x-http-method-override", "x-http-method", "x-method-override"] as const;

/** A host and a port as RFC 3986 3.2.2 and RFC 9110 7.2 write them. Anything else might name another host to somebody. */
const hostForm = /^(?:\[[\da-f:.]+\]|[\w.~%!$&'()*+;=-]*)(?::\d*)?$/i;

/** Whether a request may be looked up and stored. The order is that of cost: what is common and cheap comes first. */
export function judgeRequest(request: RequestView, policy: RequestPolicy): RequestJudgement {
  if (request.method !== "GET" && request.method !== "HEAD") return refuse("method");
  if (request.header("authorization") !== undefined) return refuse("authorization");
  if (policy.cookies === "refuse" && request.header("cookie") !== undefined) return refuse("cookie");
  for (const name of methodOverrides) {
    if (request.header(name) !== undefined) return refuse("method-override", name);
  }
  // A body that the key does not know of would be a second meaning for the key.
  if (request.header("transfer-encoding") !== undefined || !isZero(request.header("content-length"))) {
    return refuse("request-body");
  }
  if (!request.url.startsWith("/") || /[\s\0]/.test(request.url)) return refuse("target");
  if (request.host !== undefined && !hostForm.test(request.host)) return refuse("host");
  return policy.clientDirectives === "ignore" ? welcome : judgeDirectives(request);
}

function judgeDirectives(request: RequestView): RequestJudgement {
  const field = request.header("cache-control");
  if (field === undefined) {
    // RFC 9111 5.4: counts only where there is no Cache-Control.
    const pragma = request.header("pragma");
    return pragma !== undefined && parseDirectives(pragma).has("no-cache") ? reload : welcome;
  }
  const directives = parseDirectives(field);
  if (directives.has("no-store")) return refuse("no-store");
  if (directives.has("no-cache")) return reload;
  const maxAge = secondsOf(directives, "max-age");
  return maxAge === undefined ? welcome : { use: true, maxAge: Math.max(1000 * maxAge, shortestReload) };
}

const reload: RequestJudgement = { use: true, maxAge: shortestReload };

function isZero(length: string | undefined): boolean {
  return length === undefined || length === "0";
}

function refuse(reason: string, detail?: string): RequestJudgement {
  return detail === undefined ? { use: false, reason } : { use: false, reason, detail };
}
