import { changedFields, copiedStream, drain, joined, readAhead, readerFrom } from "@cachette/core/adapter";
import type { MissTicket, ResponseHead } from "@cachette/core/http";
import type { Context } from "hono";
import { replace, sendInstead } from "./reply.ts";
import { setFields } from "./response-fields.ts";

/** Set by `RESPONSE_ALREADY_SENT` of @hono/node-server: the handler has written to the socket itself. */
const alreadySent = "x-hono-already-sent";

/** How an answer is to be recorded. */
interface Recording {
  readonly whom: "client" | "background";
  /** Of the request. */
  readonly signal: AbortSignal;
}

/**
 * Tells the ticket what the handlers behind have answered, and adds what the ticket wants to be said. What is made for
 * nobody, in the background, is read here, and only as far as the ticket wants it. `before`: what earlier middleware had
 * set.
 */
export async function recordAnswer(
  ticket: MissTicket,
  c: Context,
  before: Headers,
  { whom, signal }: Recording,
): Promise<void> {
  // The body first: an answer of @hono/node-server that has been asked for it has a type where it had none before.
  const { body, bodyUsed, headers, status, statusText } = c.res;
  if (status < 200 || bodyUsed || headers.has(alreadySent)) {
    ticket.abandon();
    return;
  }
  const head: ResponseHead = { status, fields: changedFields([...before], [...headers]) };
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
  const { reply, set, capture } = ticket.stream(head);
  if (reply !== undefined) {
    // How it ends is of no interest any more.
    reader.cancel().catch(() => {});
    sendInstead(c, reply, before);
    return;
  }
  const fields = new Headers(headers);
  setFields(fields, set);
  const whole = readerFrom(reader, ahead);
  let rest: ReadableStream | null = null;
  if (whom === "client") rest = copiedStream(whole, capture);
  else await drain(whole, capture, signal);
  replace(c, new Response(rest, { status, statusText, headers: fields }));
}

function commit(
  ticket: MissTicket,
  c: Context,
  head: ResponseHead,
  body: Uint8Array<ArrayBuffer> | undefined,
  before: Headers,
): void {
  const { reply, set, notModified, remove } = ticket.commit(head, body ?? new Uint8Array(0));
  if (reply !== undefined) {
    sendInstead(c, reply, before);
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
