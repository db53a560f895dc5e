import { parseDate } from "./http-date.ts";

/** The part of a body that a request asks for: from `first` to `last`, both counted from 0 and included. */
export interface ByteRange {
  readonly first: number;
  readonly last: number;
}

/**
 * The single range that a request asks for, cut to what is there (RFC 9110 14.1.2). `undefined` for anything else: no
 * range, several, another unit, one that lies behind the end or cannot be understood; the whole is sent then, as 14.2
 * allows.
 */
export function parseRange(field: string | undefined, length: number): ByteRange | undefined {
  const match = /^\s*bytes\s*=\s*(\d*)\s*-\s*(\d*)\s*$/i.exec(field ?? "");
  if (match === null) return undefined;
  const [, from = "", to = ""] = match;
  if (from === "") {
    const suffix = Math.min(Number(to), length);
    return to === "" || suffix === 0 ? undefined : { first: length - suffix, last: length - 1 };
  }
  const first = Number(from);
  const last = to === "" ? length - 1 : Math.min(Number(to), length - 1);
  return first < length && first <= last ? { first, last } : undefined;
}

/**
 * Whether the part may be sent, as far as `If-Range` goes (RFC 9110 13.1.5): an entity tag must be strong and the same,
 * a date must be that of the last modification, exactly. A date counts only if it lies at least a second before the
 * answer was made, else there may have been two versions in that second.
 */
export function rangeHolds(
  ifRange: string | undefined,
  etag: string | undefined,
  lastModified: string | undefined,
  madeAt: number,
): boolean {
  if (ifRange === undefined) return true;
  const validator = ifRange.trim();
  if (validator.endsWith('"')) return validator === etag && !validator.startsWith("W/");
  const modified = parseDate(lastModified, madeAt);
  return modified !== undefined && parseDate(validator, madeAt) === modified && modified + 1000 <= madeAt;
}
