import { parseDate } from "./http-date.ts";
import { isRead } from "./request-body.ts";
import type { RequestView } from "./request-view.ts";

/** What a client has, as its request tells. */
export interface Conditions {
  readonly ifNoneMatch: string | undefined;
  readonly ifModifiedSince: string | undefined;
}

/**
 * `undefined` where there are none, which is the usual case. Only GET and HEAD are answered with what the client has
 * (RFC 9110 13.1.2).
 */
export function readConditions(request: RequestView): Conditions | undefined {
  if (!isRead(request)) return undefined;
  const ifNoneMatch = request.header("if-none-match");
  const ifModifiedSince = request.header("if-modified-since");
  return ifNoneMatch === undefined && ifModifiedSince === undefined ? undefined : { ifNoneMatch, ifModifiedSince };
}

/**
 * Whether the client has what would be sent (RFC 9110 13.2.2): `If-None-Match` decides alone where it is given, by weak
 * comparison; else `If-Modified-Since`. Only a successful answer is compared (13.2.1).
 */
export function clientHas(
  conditions: Conditions,
  status: number,
  etag: string | undefined,
  lastModified: string | undefined,
  now: number,
): boolean {
  if (status < 200 || status > 299) return false;
  const { ifNoneMatch, ifModifiedSince } = conditions;
  if (ifNoneMatch !== undefined) {
    if (ifNoneMatch.trim() === "*") return true;
    return etag !== undefined && entityTags(ifNoneMatch).includes(opaque(etag));
  }
  const since = parseDate(ifModifiedSince, now);
  const modified = parseDate(lastModified, now);
  return since !== undefined && modified !== undefined && modified <= since;
}

/** The opaque parts of a list of entity tags, quotes included. A comma may stand within the quotes. */
function entityTags(list: string): string[] {
  return Array.from(list.matchAll(/(?:W\/)?("[^"]*")/g), ([, tag = ""]) => tag);
}

function opaque(etag: string): string {
  return etag.startsWith("W/") ? etag.slice(2) : etag;
}

/** Fields that describe the content; a 304 does not send them again (RFC 9110 15.4.5). */
const contentFields = new Set([
  "content-encoding",
  "content-language",
  "content-length",
  "content-md5",
  "content-range",
  "content-type",
  "transfer-encoding",
]);

export function isContentField(name: string): boolean {
  return contentFields.has(name.toLowerCase());
}
