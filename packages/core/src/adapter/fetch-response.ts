import type { HeaderFields, MissTicket, Reply, ResponseHead } from "../http/index.ts";
import { changedFields, hasType } from "./fields.ts";
import { copiedStream, drain, joined, readAhead, readerFrom } from "./web-body.ts";

/** How a response of the Web is to be recorded. */
export interface FetchRecording {
  /** Those that earlier middleware had set before the handler. */
  readonly before: Headers;
  /** Whom it is made for. What is made for nobody, in the background, is read here, as far as the ticket wants it. */
  readonly whom: "client" | "background";
  /** Of the request. */
  readonly signal: AbortSignal;
}

/**
 * Tells a ticket what handlers have answered by a response of the Web. Gives what is to be sent in place of it: the same
 * with what the ticket wants to be said, or the ticket's reply; `undefined` where it is of no use and stays as it is.
 */
export async function recordFetch(
  ticket: MissTicket,
  response: Response,
  { before, whom, signal }: FetchRecording,
): Promise<Response | undefined> {
  // The body first: an answer of @hono/node-server that has been asked for it has a type where it had none before.
  const { body, bodyUsed, headers, status, statusText } = response;
  if (status < 200 || bodyUsed) {
    ticket.abandon();
    return undefined;
  }
  const head: ResponseHead = { status, fields: changedFields([...before], [...headers]) };
  const reader = body?.getReader();
  const ahead = reader && (await readAhead(reader));
  if (reader === undefined || ahead === undefined || ahead.complete) {
    const whole = ahead && joined(ahead.pieces);
    const { reply, set, notModified, remove } = ticket.commit(head, whole ?? new Uint8Array(0));
    if (reply !== undefined) return fetchResponse(reply, before);
    const fields = withFields(headers, set);
    if (!notModified) return new Response(whole ?? null, { status, statusText, headers: fields });
    for (const name of remove) fields.delete(name);
    return new Response(null, { status: 304, headers: fields });
  }
  const { reply, set, capture } = ticket.stream(head);
  if (reply !== undefined) {
    // How it ends is of no interest any more.
    reader.cancel().catch(() => {});
    return fetchResponse(reply, before);
  }
  const again = readerFrom(reader, ahead);
  const rest = whom === "client" ? copiedStream(again, capture) : null;
  if (rest === null) await drain(again, capture, signal);
  return new Response(rest, { status, statusText, headers: withFields(headers, set) });
}

/** A reply as a response of the Web, on top of what was set earlier. */
export function fetchResponse(reply: Reply, earlier: Headers): Response {
  const { status, fields } = reply;
  return new Response(contentOf(reply), { status, headers: withFields(earlier, fields) });
}

/** Some statuses take no body, not even an empty one; and a text without a type would be given one. */
export function contentOf({ body, fields }: Reply): Uint8Array<ArrayBuffer> | string | null {
  if (body === undefined || body.length === 0) return null;
  if (typeof body !== "string") return body as Uint8Array<ArrayBuffer>;
  return hasType(fields) ? body : new TextEncoder().encode(body);
}

/** A copy with fields in place of those with the same name. */
function withFields(headers: Headers, fields: HeaderFields): Headers {
  const copy = new Headers(headers);
  for (const [name] of fields) copy.delete(name);
  for (const [name, value] of fields) copy.append(name, value);
  return copy;
}
