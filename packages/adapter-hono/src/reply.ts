import { contentOf } from "@cachette/core/adapter";
import type { Reply } from "@cachette/core/http";
import type { Context } from "hono";
import type { StatusCode } from "hono/utils/http-status";
import { hasFieldsBefore } from "./fields-before.ts";
import { recordOf, singleLines } from "./response-fields.ts";

/** Answers on top of what earlier middleware has set. Nothing has been answered yet. */
export function sendReply(c: Context, reply: Reply): void {
  replace(c, responseOf(c, reply));
}

function responseOf(c: Context, reply: Reply): Response {
  const { status, fields } = reply;
  const content = contentOf(reply);
  const lines = singleLines(fields);
  // Where nothing was set before, the fields go out as they are, which takes less than to set them one by one.
  if (lines !== undefined && !hasFieldsBefore(c)) {
    return new Response(content, { status, headers: lines });
  }
  return c.newResponse(content, status as StatusCode, recordOf(fields));
}

/** Puts an answer in place of the one there is, whose fields would otherwise win over its own. */
export function replace(c: Context, response: Response): void {
  c.res = undefined;
  c.res = response;
}
