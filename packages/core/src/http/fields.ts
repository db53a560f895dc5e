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

/** Fields for this connection only, and those that `Connection` names: never stored (RFC 9111 3.1). */
export function connectionFields(map: FieldMap): ReadonlySet<string> {
  const connection = map.get("connection");
  return connection === undefined ? hopByHop : new Set([...hopByHop, ...tokens(connection)]);
}
