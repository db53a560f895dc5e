/**
 * The directives of a `Cache-Control` field (RFC 9111 5.2). Names in lower case; every value that was given for one, in
 * order, with an empty text for none.
 */
export type Directives = ReadonlyMap<string, readonly string[]>;

const none: Directives = new Map();

// A name, and a value that is quoted or not. A quote that is never closed is taken as an ordinary character: it must
// not swallow a `no-store` behind it.
const member = /([^\s,;="]+)(?:\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^,]*)))?[^,]*/g;

/** Parses a field value. What cannot be understood is left out, never a reason to leave out what follows it. */
export function parseDirectives(field: string | undefined): Directives {
  if (field === undefined || field === "") return none;
  const directives = new Map<string, string[]>();
  for (const [, name = "", quoted, token] of field.matchAll(member)) {
    const value = quoted?.replace(/\\(.)/g, "$1") ?? token?.trim() ?? "";
    const known = directives.get(name.toLowerCase());
    if (known === undefined) directives.set(name.toLowerCase(), [value]);
    else known.push(value);
  }
  return directives;
}

/** The largest number of seconds that is told apart from larger ones (RFC 9111 1.2.2). */
const mostSeconds = 2 ** 31;

/**
 * The seconds a directive gives, or `undefined` if it is absent. Of several the smallest; what is no whole number counts
 * as 0, as RFC 9111 4.2.1 encourages for freshness that is not valid.
 */
export function secondsOf(directives: Directives, name: string): number | undefined {
  const values = directives.get(name);
  if (values === undefined) return undefined;
  return Math.min(...values.map((value) => (/^\d+$/.test(value) ? Math.min(Number(value), mostSeconds) : 0)));
}
