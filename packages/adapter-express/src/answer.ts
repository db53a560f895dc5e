import type { Reply } from "@cachette/core/http";
import type { Response } from "express";
import { fieldRecord } from "./response-fields.ts";

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
  response.writeHead(reply.status, fieldRecord(reply.fields));
  const body = bodyOf(reply);
  if (body === undefined) response.end();
  else response.end(body);
}

/** The body as Node takes it; not copied. */
export function bodyOf({ body }: Reply): Buffer | undefined {
  return body && Buffer.from(body.buffer, body.byteOffset, body.byteLength);
}

/** What is to be called when a `write` or an `end` is done, from what was given to it. */
export function callbacksOf(values: readonly unknown[]): (() => void)[] {
  return values.filter((value) => typeof value === "function") as (() => void)[];
}
