import type { Lifetime } from "../policy.ts";
import type { Refusal } from "./cache-status.ts";
import { type Directives, parseDirectives, secondsOf } from "./directives.ts";
import type { FieldMap } from "./fields.ts";
import { explicitLifetime, initialAge } from "./freshness.ts";
import { parseDate } from "./http-date.ts";
import { identityFields } from "./identity.ts";
import { directivesFor } from "./targeted.ts";
import { variesBy } from "./vary.ts";

/** Whether an answer may be stored, for how many milliseconds from now, and how old it is already; else why not. */
export type ResponseJudgement =
  | {
      readonly store: true;
      readonly lifetime: Required<Lifetime>;
      readonly age: number;
      /** Request fields that it varies by and that the key does not hold, in lower case. */
      readonly vary: readonly string[];
      /** It says itself that a shared cache may keep it; else that is the route's word. */
      readonly granted: boolean;
    }
  | ({ readonly store: false } & Refusal);

export interface ResponsePolicy {
  /** The route's own time, in milliseconds. */
  readonly ttl: number | undefined;
  readonly override: boolean;
  /** Times of statuses that are stored beyond the usual ones, in milliseconds. */
  readonly statuses: ReadonlyMap<number, number>;
  /** How long after it is no longer fresh an answer may be served while it is asked for anew, in milliseconds. */
  readonly staleFor: number;
  /** How long after it is no longer fresh an answer may be served in place of an error, in milliseconds. */
  readonly errorFor: number;
  /** Whether freshness is guessed from `Last-Modified` where nothing is said. */
  readonly heuristic: boolean;
  /** The key says who the answer is for: it may be that person's alone. */
  readonly owned: boolean;
}

/** What is asked about a single answer. */
export interface Asked {
  /** Names of request fields that are part of the key, in lower case. */
  readonly keyed: ReadonlySet<string>;
  /** The request said who it is from. */
  readonly identified: boolean;
}

/** Statuses that a route's `ttl` applies to. */
const storedByRoute = new Set([200, 203, 301, 308]);

/** Statuses that are stored when the answer gives explicit freshness. */
const storedByAnswer = new Set([200, 203, 204, 301, 308, 404, 410]);

/** Fields that speak to one client. */
const personal = ["set-cookie", "set-cookie2", "www-authenticate"] as const;

/** Directives that make an answer to a request with `Authorization` one for all (RFC 9111 3.5). */
const forAll = ["public", "s-maxage", "must-revalidate"] as const;

/** Statuses whose freshness may be guessed (RFC 9110 15.1). */
const guessable = new Set([200, 203, 204, 300, 301, 308, 404, 405, 410, 414, 501]);

/** A guess is never longer than this, in milliseconds. */
const longestGuess = 86_400_000;

/** An answer with a validator is kept at least this long after it is no longer fresh, to ask whether it still holds. */
const shortestKeep = 60_000;

/** What a targeted field leaves of the others that speak of freshness (RFC 9213 2.1). */
const noFields: FieldMap = new Map();

const securityPolicies = ["content-security-policy", "content-security-policy-report-only"] as const;

/**
 * Judges an answer (RFC 9111 3), stricter than the RFC where an answer might be one person's.
 *
 * @param madeAt when its head came; the body may have taken its time
 */
export function judgeResponse(
  status: number,
  fields: FieldMap,
  { keyed, identified }: Asked,
  policy: ResponsePolicy,
  now: number,
  madeAt: number = now,
): ResponseJudgement {
  if (status < 200 || status === 206 || status === 304) return refuse("status", String(status));
  const { directives, targeted } = directivesFor(fields);
  // A qualified form, `private="x-user"`, counts as the plain one, which is always safe (RFC 9111 5.2.2.4, 5.2.2.7).
  if (directives.has("private") && !policy.owned) return refuse("private");
  // RFC 9111 5.2.2.3: the statuses whose meaning for caching is known here are those that may be stored. Where it is
  // known, a `no-store` beside `must-understand` is for caches that do not know of the latter; a route's `ttl` is no
  // reason to take it so.
  const mustUnderstand = directives.has("must-understand");
  const understood = mustUnderstand && (storedByAnswer.has(status) || guessable.has(status));
  if (directives.has("no-store") && !(understood && explicitLifetime(directives, fields, madeAt) !== undefined)) {
    return refuse("no-store");
  }
  // RFC 9110 15.4.5: a 304 says that the answer would be a 200, so nothing else can be asked about.
  const hasValidator = status < 300 && (fields.has("etag") || fields.has("last-modified"));
  const mustAsk = directives.has("no-cache");
  if (mustAsk && !hasValidator) return refuse("no-cache");
  if (mustUnderstand && !understood) return refuse("must-understand", String(status));
  if (identified && !forAll.some((name) => directives.has(name))) return refuse("authorization");
  const vary = variesBy(fields, policy.owned ? new Set([...keyed, ...identityFields]) : keyed);
  if (vary === "*") return refuse("vary", "*");
  for (const name of vary) {
    if (name === "cookie" || name === "authorization") return refuse("vary", name);
  }
  for (const name of personal) {
    if (fields.has(name)) return refuse(name);
  }
  // Its values are quoted; without quotes it says nothing to a client.
  if (fields.get("clear-site-data")?.includes('"') === true) return refuse("clear-site-data");
  for (const name of securityPolicies) {
    if (/'nonce-/i.test(fields.get(name) ?? "")) return refuse("csp-nonce");
  }
  const age = initialAge(fields, madeAt) + Math.max(0, now - madeAt);
  const own = policy.statuses.get(status) ?? (storedByRoute.has(status) ? policy.ttl : undefined);
  const heard = storedByAnswer.has(status) || policy.statuses.has(status);
  const said = heard ? explicitLifetime(directives, targeted ? noFields : fields, madeAt) : undefined;
  // A time of its own that is 0 only says that the status may be stored.
  const explicit = said ?? (policy.heuristic && !own ? guess(status, directives, fields, madeAt) : undefined);
  if (explicit === undefined && own === undefined && !(mustAsk && heard)) {
    return heard && policy.ttl === undefined ? refuse("no-freshness") : refuse("status", String(status));
  }
  // The answer's own time runs from when it was made, the route's from when it is stored.
  const byAnswer = explicit !== undefined && !(policy.override && own !== undefined);
  const left = byAnswer ? explicit - age : (own ?? 0);
  const ttl = mustAsk ? 0 : Math.max(0, left);
  const lifetime = {
    ttl,
    ...staleTimes(status, directives, policy, Math.max(0, -left)),
    keepFor: hasValidator ? Math.max(ttl, shortestKeep) : 0,
  };
  const ofUse =
    Math.max(ttl, lifetime.staleFor, lifetime.errorFor) > 0 || (hasValidator && (mustAsk || left > -shortestKeep));
  return ofUse ? { store: true, lifetime, age, vary, granted: byAnswer || mustAsk } : refuse("expired");
}

/**
 * RFC 5861; forbidden by what RFC 9111 4.2.4 names. `s-maxage` forbids only what the answer itself does not grant. An
 * old error is never served in place of a new one.
 *
 * @param past for how long it is not fresh any more already
 */
function staleTimes(
  status: number,
  directives: Directives,
  policy: ResponsePolicy,
  past: number,
): { staleFor: number; errorFor: number } {
  for (const name of ["must-revalidate", "proxy-revalidate", "no-cache"]) {
    if (directives.has(name)) return { staleFor: 0, errorFor: 0 };
  }
  const route = directives.has("s-maxage") ? { staleFor: 0, errorFor: 0 } : policy;
  const staleFor = secondsOf(directives, "stale-while-revalidate");
  const errorFor = secondsOf(directives, "stale-if-error");
  return {
    staleFor: Math.max(0, (staleFor === undefined ? route.staleFor : 1000 * staleFor) - past),
    errorFor: status > 499 ? 0 : Math.max(0, (errorFor === undefined ? route.errorFor : 1000 * errorFor) - past),
  };
}

/** A tenth of the time since the last modification (RFC 9111 4.2.2). */
function guess(status: number, directives: Directives, fields: FieldMap, madeAt: number): number | undefined {
  const modified = parseDate(fields.get("last-modified"), madeAt);
  if (modified === undefined || !(guessable.has(status) || directives.has("public"))) return undefined;
  const date = parseDate(fields.get("date"), madeAt) ?? madeAt;
  return Math.min(longestGuess, Math.max(0, (date - modified) / 10));
}

/**
 * Whether a stored answer may be given stale to a client that says it would take it so (RFC 9111 4.2.4).
 *
 * @param control the `Cache-Control` by which it was judged
 */
export function mayBeStale(control: string | undefined): boolean {
  const directives = parseDirectives(control);
  return !["must-revalidate", "proxy-revalidate", "s-maxage", "no-cache"].some((name) => directives.has(name));
}

/** Whether a stored answer may be given to a request with `Authorization`. `control` as above. */
export function isForAll(control: string | undefined): boolean {
  const directives = parseDirectives(control);
  return forAll.some((name) => directives.has(name));
}

function refuse(reason: string, detail?: string): ResponseJudgement {
  return detail === undefined ? { store: false, reason } : { store: false, reason, detail };
}
