import { ServerResponse } from "node:http";
import { bodyOf, type FieldRecord, fieldRecord, forSending } from "@cachette/core/adapter";
import type { Reply } from "@cachette/core/http";
import type { Response } from "express";

/** What the adapter uses of a response. Nothing of it depends on the route. */
export type Answer = Pick<
  Response,
  | "appendHeader"
  | "destroy"
  | "destroyed"
  | "emit"
  | "end"
  | "flushHeaders"
  | "getHeader"
  | "getHeaderNames"
  | "headersSent"
  | "locals"
  | "off"
  | "on"
  | "once"
  | "removeHeader"
  | "setHeader"
  | "statusCode"
  | "statusMessage"
  | "write"
  | "writeHead"
>;

/** Sends a reply on top of what earlier middleware has set. */
export function sendReply(response: Answer, reply: Reply): void {
  // The client has gone while it waited for somebody else's load, or somebody has answered it in the meantime.
  if (response.destroyed || response.headersSent) return;
  response.writeHead(reply.status, fieldsFor(response, forSending(response, reply)));
  const body = bodyOf(reply);
  if (body === undefined) response.end();
  else if (typeof body === "string") response.end(body, "latin1");
  else response.end(body);
}

const { writeHead } = ServerResponse.prototype;

/**
 * Names and values in turn, which costs least. Not on HTTP/2, where a second line of a name would take the place of the
 * first, nor where a middleware has put a function of its own in place of `writeHead`: it may not know that form.
 */
function fieldsFor(response: Answer, reply: Reply & { [inTurn]?: string[] }): string[] | FieldRecord {
  if (response.writeHead !== writeHead) return fieldRecord(reply.fields);
  reply[inTurn] ??= reply.fields.flat();
  return reply[inTurn];
}

/** Kept on the reply: many hits in a row may have one and the same. */
const inTurn = Symbol("cachette.inTurn");
