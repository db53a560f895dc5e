import { ServerResponse } from "node:http";
import { type FieldRecord, fieldRecord, shadow } from "@cachette/core/adapter";
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

/**
 * A reply as it goes out. Compression in front would code a part as if it were a whole; it leaves alone what says that it
 * must be.
 */
export function forSending(response: Answer, reply: Reply): Reply {
  if (reply.status !== 206) return reply;
  const isControl = ([name]: readonly [string, string]) => name.toLowerCase() === "cache-control";
  const own = reply.fields.filter(isControl).map(([, value]) => value);
  const said = own.length > 0 ? own : [response.getHeader("cache-control") ?? []].flat();
  const control = [...said, "no-transform"].join(", ");
  return { ...reply, fields: [...reply.fields.filter((line) => !isControl(line)), ["Cache-Control", control]] };
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

/** The body as Node takes it; not copied. */
export function bodyOf({ body }: Reply): Buffer | string | undefined {
  return body instanceof Uint8Array ? Buffer.from(body.buffer, body.byteOffset, body.byteLength) : body;
}

/** Lets it look as if the head had been sent, for whoever asks before it really is. Gives the way back. */
export function showSent(response: Answer): () => void {
  return shadow(response, "headersSent", { get: () => true });
}

/** What is to be called when a `write` or an `end` is done, from what was given to it. */
export function callbacksOf(values: readonly unknown[]): (() => void)[] {
  return values.filter((value) => typeof value === "function") as (() => void)[];
}
