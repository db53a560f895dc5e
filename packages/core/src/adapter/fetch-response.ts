import type { HeaderFields, MissTicket, Reply, ResponseHead } from "../http/index.ts";
import { changedFields, hasType, lowerCased } from "./fields.ts";
import { copiedStream, drain, joined, readAhead, readerFrom } from "./web-body.ts";

/** How a response of the Web is to be recorded. */
export interface FetchRecording {
  /** The fields that earlier middleware had set before the handler. */
  readonly before: HeaderFields;
  /** Whom it is made for. What is made for nobody, in the background, is read here, as far as the ticket wants it. */
  readonly whom: "client" | "background";
  /** Of the request. */
  readonly signal: AbortSignal;
  /**
   * The body, where it is known without asking the response. That is then asked for its status and fields alone, among
   * which there must be a type, unless the body is `null`; and its reason phrase gets lost. Octets must not change any more.
   */
  readonly body?: string | Uint8Array<ArrayBuffer> | null | undefined;
}

/**
 * Tells a ticket what handlers have answered by a response of the Web. Gives what is to be sent in place of it: the same
 * with what the ticket wants to be said, or the ticket's reply; `undefined` where it is of no use and stays as it is.
 */
export async function recordFetch(
  ticket: MissTicket,
  response: Response,
  { before, whom, signal, body: known }: FetchRecording,
): Promise<Response | undefined> {
  // The body first: an answer of @hono/node-server that has been asked for it has a type where it had none before.
  const { body, bodyUsed, statusText } = known === undefined ? response : unasked;
  const answer = answerIn(response, before);
  if (answer.head.status < 200 || bodyUsed) {
    ticket.abandon();
    return undefined;
  }
  const reader = body?.getReader();
  if (reader === undefined) return recordWhole(ticket, answer, known ?? null, statusText);
  const ahead = await readAhead(reader);
  if (ahead.complete) return recordWhole(ticket, answer, joined(ahead.pieces), statusText);
  const { head, fields } = answer;
  const { reply, set, capture } = ticket.stream(head);
  if (reply !== undefined) {
    // How it ends is of no interest any more.
    reader.cancel().catch(() => {});
    return fetchResponse(reply, before);
  }
  const again = readerFrom(reader, ahead);
  const rest = whom === "client" ? copiedStream(again, capture) : null;
  if (rest === null) await drain(again, capture, signal);
  return new Response(rest, { status: head.status, statusText, headers: withFields(fields, set) });
}

/** In place of a response whose body is known. */
const unasked = { body: null, bodyUsed: false, statusText: "" } as const;

/** What handlers have answered, but for the body. */
interface Answer {
  readonly head: ResponseHead;
  /** All of them, those of earlier middleware too. */
  readonly fields: HeaderFields;
  readonly before: HeaderFields;
}

function answerIn({ status, headers }: Response, before: HeaderFields): Answer {
  const fields = [...headers];
  return { head: { status, fields: changedFields(before, fields) }, fields, before };
}

function recordWhole(
  ticket: MissTicket,
  { head, fields, before }: Answer,
  body: string | Uint8Array<ArrayBuffer> | null,
  statusText: string,
): Response {
  const octets = typeof body === "string" ? new TextEncoder().encode(body) : (body ?? new Uint8Array(0));
  const { reply, set, notModified, remove } = ticket.commit(head, octets);
  if (reply !== undefined) return fetchResponse(reply, before);
  if (!notModified) {
    // Node may write a text together with the head, and both as UTF-8, which is not the coding of fields.
    const sent = typeof body === "string" && !fields.every(isAscii) ? octets : body;
    return new Response(sent, { status: head.status, statusText, headers: withFields(fields, set) });
  }
  const kept = fields.filter(([name]) => !remove.includes(name));
  return new Response(null, { status: 304, headers: withFields(kept, set) });
}

function isAscii([, value]: HeaderFields[number]): boolean {
  return /^[\t -~]*$/.test(value);
}

/** A reply as a response of the Web, on top of what was set earlier. */
export function fetchResponse(reply: Reply, earlier: HeaderFields): Response {
  const { status, fields } = reply;
  return new Response(contentOf(reply), { status, headers: withFields(earlier, fields) });
}

/** Some statuses take no body, not even an empty one; and a text without a type would be given one. */
export function contentOf({ body, fields }: Reply): Uint8Array<ArrayBuffer> | string | null {
  if (body === undefined || body.length === 0) return null;
  if (typeof body !== "string") return body as Uint8Array<ArrayBuffer>;
  return hasType(fields) ? body : new TextEncoder().encode(body);
}

/**
 * Fields with others in place of those of the same name, all in lower case, as `Headers` gives them. Not as a record:
 * responses of @hono/node-server give no type to what has none then.
 */
function withFields(fields: HeaderFields, others: HeaderFields): [name: string, value: string][] {
  const added = lowerCased(others);
  const replaced = new Set(added.map(([name]) => name));
  return [...fields.filter(([name]) => !replaced.has(name)), ...added].map(([name, value]) => [name, value]);
}
