import { type FieldMap, isStorableField, tokens } from "./fields.ts";
import type { HeaderFields, StoredResponse } from "./response.ts";

/** Fields that stay those of the stored answer: they describe its body, which a 304 does not bring (RFC 9111 3.2). */
const ofTheBody = new Set(["content-encoding", "content-length", "content-md5", "content-range", "etag"]);

/**
 * The request fields that ask the handler whether a stored answer still holds (RFC 9111 4.3.1); none if the handler gave
 * no validator: a tag of the cache's own would keep it from looking at the date. A 304 says that the answer would be a
 * 200 (RFC 9110 15.4.5), so errors and redirects are not asked about.
 */
export function revalidationFields({ status, fields: stored, tagged = false }: StoredResponse): HeaderFields {
  const fields: (readonly [string, string])[] = [];
  if (status > 299) return fields;
  for (const [name, value] of stored) {
    const key = name.toLowerCase();
    if (key === "etag" && !tagged) fields.push(["if-none-match", value]);
    if (key === "last-modified") fields.push(["if-modified-since", value]);
  }
  return fields;
}

/** The fields of a stored answer without those that the cache itself has added. */
export function handlersOwn({ fields, control, tagged = false }: StoredResponse): HeaderFields {
  return fields.filter(([name]) => {
    const key = name.toLowerCase();
    // Where nothing was said, the one that is there is the cache's own.
    return !(key === "etag" && tagged) && !(key === "cache-control" && control === "");
  });
}

/**
 * The fields of a stored answer after a 304 for it (RFC 9111 3.2, 4.3.4): what the 304 says replaces what was stored,
 * line for line, but for what describes the body and for fields of the connection.
 */
export function mergeFields(stored: HeaderFields, update: HeaderFields, map: FieldMap): HeaderFields {
  const ofTheConnection = tokens(map.get("connection"));
  const fresh = update.filter(([name]) => {
    const key = name.toLowerCase();
    return isStorableField(key) && !ofTheConnection.includes(key) && !ofTheBody.has(key);
  });
  const replaced = new Set(fresh.map(([name]) => name.toLowerCase()));
  return [...stored.filter(([name]) => !replaced.has(name.toLowerCase())), ...fresh];
}
