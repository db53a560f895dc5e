import type { Reply } from "@cachette/core/http";
import type { Response } from "express";
import { fieldRecord } from "./response-fields.ts";

/** What the adapter uses of a response. Nothing of it depends on the route. */
export type Answer = Pick<
  Response,
  | "appendHeader"
  | "destroy"
  | "destroyed"
  | "end"
  | "flushHeaders"
  | "getHeader"
  | "getHeaderNames"
  | "headersSent"
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
  if (reply.body === undefined) response.end();
  else response.end(Buffer.from(reply.body.buffer, reply.body.byteOffset, reply.body.byteLength));
}
