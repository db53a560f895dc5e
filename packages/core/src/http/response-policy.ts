import { parseDirectives } from "./directives.ts";
import { type FieldMap, tokens } from "./fields.ts";
import { explicitLifetime, initialAge } from "./freshness.ts";

/** Whether an answer may be stored, and for how many milliseconds; else why not. */
export type ResponseJudgement =
  | { readonly store: true; readonly ttl: number }
  | { readonly store: false; readonly reason: string; readonly detail?: string };

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

/**
 * Judges an answer (RFC 9111 3), stricter than the RFC where an answer might be one person's.
 *
 * @param keyed names of request fields that are part of the key, in lower case
 */
export function judgeResponse(
  status: number,
  fields: FieldMap,
  keyed: ReadonlySet<string>,
  policy: ResponsePolicy,
  now: number,
): ResponseJudgement {
  if (status < 200 || status === 206 || status === 304) return refuse("status", String(status));
  const directives = parseDirectives(fields.get("cache-control"));
  // A qualified form, `private="x-user"`, counts as the plain one, which is always safe (RFC 9111 5.2.2.4, 5.2.2.7).
  for (const name of ["no-store", "private", "no-cache"]) {
    if (directives.has(name)) return refuse(name);
  }
  for (const name of tokens(fields.get("vary"))) {
    if (!keyed.has(name)) return refuse("vary", name);
  }
  for (const name of ["set-cookie", "www-authenticate", "clear-site-data"]) {
    if (fields.has(name)) return refuse(name);
  }
  for (const name of ["content-security-policy", "content-security-policy-report-only"]) {
    if (/'nonce-/i.test(fields.get(name) ?? "")) return refuse("csp-nonce");
  }
  const ttl = lifetime(status, explicitLifetime(directives, fields, now), policy);
  if (ttl === undefined) return refuse(policy.ttl === undefined ? "no-freshness" : "status", String(status));
  const left = ttl - initialAge(fields);
  return left > 0 ? { store: true, ttl: left } : refuse("expired");
}

function lifetime(status: number, explicit: number | undefined, policy: ResponsePolicy): number | undefined {
  const ownTime = policy.statuses.get(status) ?? (storedByRoute.has(status) ? policy.ttl : undefined);
  if (policy.override && ownTime !== undefined) return ownTime;
  const mayStore = storedByAnswer.has(status) || policy.statuses.has(status);
  return mayStore && explicit !== undefined ? explicit : ownTime;
}

function refuse(reason: string, detail?: string): ResponseJudgement {
  return detail === undefined ? { store: false, reason } : { store: false, reason, detail };
}
