/**
 * The directives of a `Cache-Control` field (RFC 9111 5.2). Names in lower case; every value that was given for one, in
 * order, with an empty text for none.
 */
export type Directives = ReadonlyMap<string, readonly string[]>;

const none: Directives = new Map();

// A name, and a value that is quoted or not. A quote counts as one only if it is closed and nothing but the next comma
// follows: one that was forgotten must not swallow a `no-store` behind it.
const member = /([^\s,;="]+)(?:\s*=\s*(?:"((?:[^"\\]|\\.)*)"(?=\s*(?:,|$))|([^,]*)))?/g;

/** Parses a field value. What cannot be understood is left out, never a reason to leave out what follows it. */
export function parseDirectives(field: string | undefined): Directives {
  if (field === undefined || field === "") return none;
  const directives = new Map<string, string[]>();
  const add = (name: string, value: string) => {
    const key = name.toLowerCase();
    const known = directives.get(key);
    if (known === undefined) directives.set(key, [value]);
    else known.push(value);
  };
  for (const [, name = "", quoted, token] of field.matchAll(member)) {
    add(name, quoted?.replace(/\\(.)/g, "$1") ?? token?.trim() ?? "");
    // What a semicolon or a blank sets apart where a comma should stand counts too, without its value.
    if (token !== undefined) for (const stray of strays(token)) add(stray, "");
  }
  return directives;
}

function strays(token: string): string[] {
  const parts = token.trim().split(/[\s;]+/);
  return parts.slice(1).flatMap((part) => part.match(/[^="]+/)?.[0] ?? []);
}

/** The largest number that is told apart from larger ones (RFC 9111 1.2.2). */
const most = 2 ** 31;

/** A whole number, as seconds and lengths are written, or `undefined` if the text is none. */
export function parseWhole(text: string): number | undefined {
  return /^\d+$/.test(text) ? Math.min(Number(text), most) : undefined;
}

/**
 * The seconds a directive gives, or `undefined` if it is absent. Of several the smallest; what is no whole number counts
 * as 0, as RFC 9111 4.2.1 encourages for freshness that is not valid.
 */
export function secondsOf(directives: Directives, name: string): number | undefined {
  return directives.get(name)?.reduce((least, value) => Math.min(least, parseWhole(value) ?? 0), most);
}
