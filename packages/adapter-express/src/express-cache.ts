import type { Cache } from "@cachette/core";
import { createHttpCache, type RouteOptions, type Ticket } from "@cachette/core/http";
import type { NextFunction } from "express";
import { type Answer, sendReply } from "./answer.ts";
import { recordAnswer } from "./recorder.ts";
import { type Incoming, viewOf } from "./request-view.ts";
import { fieldsOf, setFields } from "./response-fields.ts";

/** Fits into routes of all parameters, bodies and locals. */
export type CacheMiddleware = (request: Incoming, response: Answer, next: NextFunction) => void;

/**
 * Makes middleware that caches the answers of the handlers behind it. What stands before it in the route or the
 * application, such as authentication, runs on hits too.
 *
 * A route's options go before `defaults`. They are checked once, when the route is defined.
 *
 * @example
 * const cached = expressCache(cache, { namespace: "v1" });
 * app.get("/slow", requireUser, cached({ ttl: "10s" }), (request, response) => {
 *   response.json({ q: request.query.q });
 * });
 *
 * @throws CachetteError `OPTION_INVALID`, from this function and from the one that it returns
 */
export function expressCache(cache: Cache, defaults: RouteOptions = {}): (options?: RouteOptions) => CacheMiddleware {
  createHttpCache(cache, defaults);
  return (options = {}) => {
    const http = createHttpCache(cache, { ...defaults, ...options });
    return function cachette(request, response, next) {
      const ticket = http.begin(viewOf(request), () => fieldsOf(response));
      if ("then" in ticket) ticket.then((settled) => follow(settled, request, response, next)).catch(next);
      else follow(ticket, request, response, next);
    };
  };
}

function follow(ticket: Ticket, request: Incoming, response: Answer, next: NextFunction): void {
  if (ticket.state === "hit") {
    sendReply(response, ticket.reply);
    return;
  }
  if (ticket.state === "miss") recordAnswer(ticket, request, response);
  else setFields(response, ticket.fields);
  next();
}
