import type { HeaderFields } from "@cachette/core/http";
import type { Context } from "hono";
import { isBare } from "./made-with.ts";

/** The fields that middleware has set for the answer by now. */
export function fieldsBefore(c: Context): HeaderFields {
  return [...(headersBefore(c) ?? [])];
}

/** Whether there are any. */
export function hasFieldsBefore(c: Context): boolean {
  return headersBefore(c)?.keys().next().done === false;
}

/**
 * Hono tells by a response that has them: to ask for `c.res` would make one that stays, and its fields would then win over
 * those of the handler. `undefined` where it was plainly made without any.
 */
function headersBefore(c: Context): Headers | undefined {
  const response = c.newResponse(null);
  return isBare(response) ? undefined : response.headers;
}
