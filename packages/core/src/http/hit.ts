import type { Entry } from "../entry.ts";
import { clientHas, isContentField, readConditions } from "./conditional.ts";
import { type ByteRange, parseRange, rangeHolds } from "./range.ts";
import type { RequestView } from "./request-view.ts";
import { type HeaderFields, lengthOf, type Reply, type StoredResponse } from "./response.ts";

/** Statuses that have no content, and no field that says how long it is (RFC 9110 8.6). */
const withoutContent = new Set([204, 304]);

/**
 * The reply made from an entry for one request: the whole, a part, or only that the client has it already. `own`: the
 * fields that tell what the cache did.
 */
export function replyFrom(
  entry: Pick<Entry, "storedAt">,
  response: StoredResponse,
  request: RequestView,
  now: number,
  own: HeaderFields,
): Reply {
  // Stored by a process whose clock is ahead, it would have an age below 0, which no reader understands.
  const age = Math.max(0, Math.floor((now - entry.storedAt + response.age) / 1000));
  const added: HeaderFields = [["Age", String(age)], ...own];
  const { status, fields, body } = response;
  const conditions = readConditions(request);
  if (
    conditions !== undefined &&
    clientHas(conditions, status, fieldOf(response, "etag"), fieldOf(response, "last-modified"), now)
  ) {
    return { status: 304, fields: [...fields.filter(([name]) => !isContentField(name)), ...added], body: undefined };
  }
  if (withoutContent.has(status)) return { status, fields: [...fields, ...added], body: undefined };
  const range = rangeOf(entry, response, request);
  if (range !== undefined) return partOf(response, range, added);
  return {
    status,
    fields: [...fields, ["Content-Length", String(lengthOf(body))], ...added],
    body: request.method === "HEAD" ? undefined : body,
  };
}

/** RFC 9110 14.2: only GET, and only of a complete answer. */
function rangeOf(
  entry: Pick<Entry, "storedAt">,
  response: StoredResponse,
  request: RequestView,
): ByteRange | undefined {
  const field = request.header("range");
  if (field === undefined || request.method !== "GET" || response.status !== 200) return undefined;
  const ifRange = request.header("if-range");
  const madeAt = entry.storedAt - response.age;
  if (!rangeHolds(ifRange, fieldOf(response, "etag"), fieldOf(response, "last-modified"), madeAt)) return undefined;
  return parseRange(field, lengthOf(response.body));
}

function partOf({ fields, body }: StoredResponse, { first, last }: ByteRange, added: HeaderFields): Reply {
  const length = String(last - first + 1);
  const range = `bytes ${first}-${last}/${lengthOf(body)}`;
  return {
    status: 206,
    fields: [
      ...fields.filter(([name]) => name.toLowerCase() !== "content-range"),
      ["Content-Range", range],
      ["Content-Length", length],
      ...added,
    ],
    body: typeof body === "string" ? body.slice(first, last + 1) : body.subarray(first, last + 1),
  };
}

function fieldOf(response: StoredResponse, name: string): string | undefined {
  return response.fields.find(([field]) => field.toLowerCase() === name)?.[1];
}
