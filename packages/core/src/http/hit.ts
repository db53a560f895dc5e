import type { Entry } from "../entry.ts";
import type { CacheStatus } from "./cache-status.ts";
import { type Conditions, clientHas, isContentField } from "./conditional.ts";
import type { HeaderFields, Reply, StoredResponse } from "./response.ts";

/** Statuses that have no content, and no field that says how long it is (RFC 9110 8.6). */
const withoutContent = new Set([204, 304]);

/** The reply made from an entry, for a client that has what `conditions` say. */
export function replyFrom(
  entry: Entry,
  response: StoredResponse,
  conditions: Conditions | undefined,
  method: string,
  now: number,
  status: CacheStatus,
): Reply {
  const own: HeaderFields = [
    // Stored by a process whose clock is ahead, it would have an age below 0, which no reader understands.
    ["Age", String(Math.max(0, Math.floor((now - entry.storedAt + response.age) / 1000)))],
    ...status.hit(entry.freshUntil - now),
  ];
  if (
    conditions !== undefined &&
    clientHas(conditions, response.status, fieldOf(response, "etag"), fieldOf(response, "last-modified"), now)
  ) {
    const fields = response.fields.filter(([name]) => !isContentField(name));
    return { status: 304, fields: [...fields, ...own], body: undefined };
  }
  if (withoutContent.has(response.status)) {
    return { status: response.status, fields: [...response.fields, ...own], body: undefined };
  }
  return {
    status: response.status,
    fields: [...response.fields, ["Content-Length", String(response.body.byteLength)], ...own],
    body: method === "HEAD" ? undefined : response.body,
  };
}

function fieldOf(response: StoredResponse, name: string): string | undefined {
  return response.fields.find(([field]) => field.toLowerCase() === name)?.[1];
}
