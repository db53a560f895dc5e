import type { Capture, MissTicket, ResponseHead } from "@cachette/core/http";
import type { Context } from "hono";
import { drain, joined, readAhead, readOn } from "./body.ts";
import { replace, sendInstead } from "./reply.ts";
import { type FieldSnapshot, setFields } from "./response-fields.ts";

/** Set by `RESPONSE_ALREADY_SENT` of @hono/node-server: the handler has written to the socket itself. */
const alreadySent = "x-hono-already-sent";

/** How an answer is to be recorded. */
interface Recording {
  readonly whom: "client" | "background";
  /** Of the request. */
  readonly signal: AbortSignal;
  /** Is told of a capture when the answer turns out to come in pieces. */
  readonly follow: (capture: Capture) => Capture;
}

/**
 * Tells the ticket what the handlers behind have answered, and adds what the ticket wants to be said. What is made for
 * nobody, in the background, is read here, and only as far as the ticket wants it.
 */
export async function recordAnswer(
  ticket: MissTicket,
  c: Context,
  before: FieldSnapshot,
  { whom, signal, follow }: Recording,
): Promise<void> {
  // The body first: an answer of @hono/node-server that has been asked for it has a type where it had none before.
  const { body, bodyUsed, headers, status, statusText } = c.res;
  if (status < 200 || bodyUsed || headers.has(alreadySent)) {
    ticket.abandon();
    return;
  }
  const head: ResponseHead = { status, fields: before.changes(headers) };
  if (body === null) {
    commit(ticket, c, head, undefined, before);
    return;
  }
  const reader = body.getReader();
  const ahead = await readAhead(reader);
  if (ahead.complete) {
    commit(ticket, c, head, joined(ahead.pieces), before);
    return;
  }
  const { reply, set, capture: given } = ticket.stream(head);
  if (reply !== undefined) {
    // How it ends is of no interest any more.
    reader.cancel().catch(() => {});
    sendInstead(c, reply, before.headers);
    return;
  }
  const capture = given && follow(given);
  const fields = new Headers(headers);
  setFields(fields, set);
  let rest: ReadableStream | null = null;
  if (whom === "client") rest = readOn(reader, ahead, capture);
  else await drain(reader, ahead, capture, signal);
  replace(c, new Response(rest, { status, statusText, headers: fields }));
}

function commit(
  ticket: MissTicket,
  c: Context,
  head: ResponseHead,
  body: Uint8Array<ArrayBuffer> | undefined,
  before: FieldSnapshot,
): void {
  const { reply, set, notModified, remove } = ticket.commit(head, body ?? new Uint8Array(0));
  if (reply !== undefined) {
    sendInstead(c, reply, before.headers);
    return;
  }
  const headers = new Headers(c.res.headers);
  setFields(headers, set);
  if (notModified) {
    for (const name of remove) headers.delete(name);
    replace(c, new Response(null, { status: 304, headers }));
  } else {
    const { status, statusText } = c.res;
    replace(c, new Response(body ?? null, { status, statusText, headers }));
  }
}
