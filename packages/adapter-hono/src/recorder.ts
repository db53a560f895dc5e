import type { MissTicket, ResponseHead } from "@cachette/core/http";
import type { Context } from "hono";
import { joined, readAhead, readOn } from "./body.ts";
import { type FieldSnapshot, setFields } from "./response-fields.ts";

/** Set by `RESPONSE_ALREADY_SENT` of @hono/node-server: the handler has written to the socket itself. */
const alreadySent = "x-hono-already-sent";

/** Tells the ticket what the handlers behind have answered, and adds what the ticket wants to be said. */
export async function recordAnswer(ticket: MissTicket, c: Context, before: FieldSnapshot): Promise<void> {
  // The body first: an answer of @hono/node-server that has been asked for it has a type where it had none before.
  const { body, bodyUsed, headers, status } = c.res;
  if (status < 200 || bodyUsed || headers.has(alreadySent)) {
    ticket.abandon();
    return;
  }
  const head: ResponseHead = { status, fields: before.changes(headers) };
  if (body === null) {
    commit(ticket, c, head, undefined);
    return;
  }
  const reader = body.getReader();
  const ahead = await readAhead(reader);
  if (ahead.complete) {
    commit(ticket, c, head, joined(ahead.pieces));
    return;
  }
  const { set, capture } = ticket.stream(head);
  const fields = new Headers(headers);
  setFields(fields, set);
  replace(c, new Response(readOn(reader, ahead, capture), { status, statusText: c.res.statusText, headers: fields }));
}

function commit(ticket: MissTicket, c: Context, head: ResponseHead, body: Uint8Array<ArrayBuffer> | undefined): void {
  const { set, notModified, remove } = ticket.commit(head, body ?? new Uint8Array(0));
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

/** Puts an answer in place of the one there is, which would otherwise be merged into it. */
function replace(c: Context, response: Response): void {
  c.res = undefined;
  c.res = response;
}
