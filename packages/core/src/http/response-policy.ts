import type { Refusal } from "./cache-status.ts";
import { parseDirectives } from "./directives.ts";
import { type FieldMap, tokens } from "./fields.ts";
import { explicitLifetime, initialAge } from "./freshness.ts";

/** Whether an answer may be stored, for how many milliseconds from now, and how old it is already; else why not. */
export type ResponseJudgement =
  | { readonly store: true; readonly ttl: number; readonly age: number }
  | ({ readonly store: false } & Refusal);

export interface ResponsePolicy {
  /** The route's own time, in milliseconds. */
  readonly ttl: number | undefined;
  readonly override: boolean;
  /** Times of statuses that are stored beyond the usual ones, in milliseconds. */
  readonly statuses: ReadonlyMap<number, number>;
}

/** Statuses that a route's `ttl` applies to. */
const storedByRoute = new Set([200, 203, 301, 308]);

/** Statuses that are stored when the answer gives explicit freshness. */
const storedByAnswer = new Set([200, 203, 204, 301, 308, 404, 410]);

/** Fields that speak to one client. */
const personal = ["set-cookie", "set-cookie2", "www-authenticate", "clear-site-data"] as const;

const securityPolicies = ["content-security-policy", "content-security-policy-report-only"] as const;

/**
 * Judges an answer (RFC 9111 3), stricter than the RFC where an answer might be one person's.
 *
 * @param keyed names of request fields that are part of the key, in lower case
 * @param madeAt when its head came; the body may have taken its time
 */
export function judgeResponse(
  status: number,
  fields: FieldMap,
  keyed: ReadonlySet<string>,
  policy: ResponsePolicy,
  now: number,
  madeAt: number = now,
): ResponseJudgement {
  if (status < 200 || status === 206 || status === 304) return refuse("status", String(status));
  const directives = parseDirectives(fields.get("cache-control"));
  // A qualified form, `private="x-user"`, counts as the plain one, which is always safe (RFC 9111 5.2.2.4, 5.2.2.7).
  for (const name of ["no-store", "private", "no-cache"]) {
    if (directives.has(name)) return refuse(name);
  }
  for (const name of tokens(fields.get("vary"))) {
    if (name === "*" || !keyed.has(name)) return refuse("vary", name);
  }
  for (const name of personal) {
    if (fields.has(name)) return refuse(name);
  }
  for (const name of securityPolicies) {
    if (/'nonce-/i.test(fields.get(name) ?? "")) return refuse("csp-nonce");
  }
  const age = initialAge(fields, madeAt) + Math.max(0, now - madeAt);
  const own = policy.statuses.get(status) ?? (storedByRoute.has(status) ? policy.ttl : undefined);
  const heard = storedByAnswer.has(status) || policy.statuses.has(status);
  const explicit = heard ? explicitLifetime(directives, fields, madeAt) : undefined;
  if (explicit === undefined && own === undefined) {
    return heard && policy.ttl === undefined ? refuse("no-freshness") : refuse("status", String(status));
  }
  // The answer's own time runs from when it was made, the route's from when it is stored.
  const ttl = explicit === undefined || (policy.override && own !== undefined) ? (own ?? 0) : explicit - age;
  return ttl > 0 ? { store: true, ttl, age } : refuse("expired");
}

function refuse(reason: string, detail?: string): ResponseJudgement {
  return detail === undefined ? { store: false, reason } : { store: false, reason, detail };
}
