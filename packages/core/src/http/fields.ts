import type { HeaderFields } from "./response.ts";

/** Field values by lower-case name; several lines of one field joined with `", "` (RFC 9110 5.3). */
export type FieldMap = ReadonlyMap<string, string>;

export function fieldMap(fields: HeaderFields): FieldMap {
  const map = new Map<string, string>();
  for (const [name, value] of fields) {
    const key = name.toLowerCase();
    const before = map.get(key);
    map.set(key, before === undefined ? value : `${before}, ${value}`);
  }
  return map;
}

/** The members of a comma-separated list of tokens, in lower case, without empty ones. */
export function tokens(list: string | undefined): string[] {
  return (list ?? "")
    .toLowerCase()
    .split(",")
    .map((token) => token.trim())
    .filter((token) => token !== "");
}

/** Fields that come later take the place of earlier ones of the same name. */
export function overlay(earlier: FieldMap, later: FieldMap): FieldMap {
  return earlier.size === 0 ? later : new Map([...earlier, ...later]);
}

/** A comma-separated list with those of `names` that it lacks added to it; `undefined` if it lacks none. */
export function extendList(list: string | undefined, names: Iterable<string>): string | undefined {
  const present = new Set(tokens(list));
  const missing = [...names].filter((name) => !present.has(name));
  if (missing.length === 0) return undefined;
  return [...(present.size === 0 ? [] : [list]), ...missing].join(", ");
}

/** Takes away what RFC 9110 5.6.3 allows around a value. `trim` takes more, such as the octet A0, which is a part of it. */
export function trimBlanks(text: string): string {
  let start = 0;
  let end = text.length;
  while (start < end && isBlank(text.charCodeAt(start))) start++;
  while (end > start && isBlank(text.charCodeAt(end - 1))) end--;
  return text.slice(start, end);
}

function isBlank(code: number): boolean {
  return code === 0x20 || code === 0x09;
}

/** A field name (RFC 9110 5.1). */
export function isFieldName(text: unknown): text is string {
  return typeof text === "string" && /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/.test(text);
}

/** A field value that can be written to a socket as it is: no control characters but the tab, one octet a character. */
export function isFieldValue(text: unknown): text is string {
  return typeof text === "string" && /^[\t\x20-\x7e\x80-\xff]*$/.test(text);
}

const hopByHop = new Set([
  "connection",
  "keep-alive",
  "proxy-authenticate",
  "proxy-authentication-info",
  "proxy-authorization",
  "proxy-connection",
  "te",
  "trailer",
  "transfer-encoding",
  "upgrade",
]);

/**
 * Whether a field may be part of a stored answer. Not those for one connection only (RFC 9111 3.1; `Connection` may name
 * more), nor those that each reply gets anew. `name` in lower case.
 */
export function isStorableField(name: string): boolean {
  return !hopByHop.has(name) && name !== "age" && name !== "content-length";
}
