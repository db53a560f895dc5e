import type { Cache } from "@cachette/core";
import { createHttpCache, type MissTicket, type Reply, type RouteOptions } from "@cachette/core/http";
import type { Context, MiddlewareHandler, Next } from "hono";
import type { StatusCode } from "hono/utils/http-status";
import { recordAnswer } from "./recorder.ts";
import { withoutConditions } from "./request-conditions.ts";
import { viewOf } from "./request-view.ts";
import { FieldSnapshot, fieldRecord, fieldsOf, setMissing } from "./response-fields.ts";

/**
 * Makes middleware that caches the answers of the handlers behind it. What stands before it in the route or the
 * application, such as authentication, runs on hits too.
 *
 * A route's options go before `defaults`. They are checked once, when the route is defined.
 *
 * @example
 * const cached = honoCache(cache, { namespace: "v1" });
 * app.get("/slow", requireUser, cached({ ttl: "10s" }), (c) => c.json({ q: c.req.query("q") }));
 *
 * @throws CachetteError `OPTION_INVALID`, from this function and from the one that it returns
 */
export function honoCache(cache: Cache, defaults: RouteOptions = {}): (options?: RouteOptions) => MiddlewareHandler {
  createHttpCache(cache, defaults);
  return (options = {}) => {
    const http = createHttpCache(cache, { ...defaults, ...options });
    return async function cachette(c, next) {
      const begun = http.begin(viewOf(c.req.raw), () => fieldsOf(c));
      const ticket = "then" in begun ? await begun : begun;
      if (ticket.state === "hit") return answer(c, ticket.reply);
      if (ticket.state === "miss") return fill(c, next, ticket);
      await next();
      setMissing(c, ticket.fields);
    };
  };
}

/** Answers on top of what earlier middleware has set. */
function answer(c: Context, { status, fields, body }: Reply): void {
  // Some statuses take no body, not even an empty one.
  const content = body === undefined || body.byteLength === 0 ? null : (body as Uint8Array<ArrayBuffer>);
  const response = c.newResponse(content, status as StatusCode, fieldRecord(fields));
  // An answer there already would have its fields win over these.
  c.res = undefined;
  c.res = response;
}

async function fill(c: Context, next: Next, ticket: MissTicket): Promise<void> {
  const before = new FieldSnapshot(c);
  const { raw } = c.req;
  const onAbort = () => ticket.clientGone();
  if (raw.signal.aborted) onAbort();
  raw.signal.addEventListener("abort", onAbort);
  c.req.raw = withoutConditions(raw);
  try {
    await next();
    await recordAnswer(ticket, c, before);
  } catch (error) {
    ticket.abandon();
    throw error;
  } finally {
    c.req.raw = raw;
    raw.signal.removeEventListener("abort", onAbort);
  }
}
