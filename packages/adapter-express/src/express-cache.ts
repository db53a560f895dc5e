import type { Cache } from "@cachette/core";
import { fieldsOf, holdResponse, ResponseRecorder, setFields } from "@cachette/core/adapter";
import { createHttpCache, type HttpCache, type MissTicket, type RouteOptions, type Ticket } from "@cachette/core/http";
import type { NextFunction } from "express";
import { type Answer, sendReply } from "./answer.ts";
import { refreshOf, runAgain } from "./refresh.ts";
import { type Incoming, viewOf } from "./request-view.ts";
import { showTo } from "./shown-request.ts";

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
      (request as Recorded)[recorder]?.giveWay();
      const refresh = refreshOf(request, http);
      if (refresh !== undefined) {
        if (refresh.ticket !== undefined) record(refresh.ticket, request, response, () => response.destroy());
        next();
        return;
      }
      const ticket = http.begin(viewOf(request), () => fieldsOf(response));
      if ("then" in ticket) ticket.then((settled) => follow(settled, http, request, response, next));
      else follow(ticket, http, request, response, next);
    };
  };
}

function follow(ticket: Ticket, http: HttpCache, request: Incoming, response: Answer, next: NextFunction): void {
  switch (ticket.state) {
    case "hit":
      sendReply(response, ticket.reply);
      return;
    case "stale":
      if (ticket.refresh !== undefined) runAgain(ticket.refresh, http, request);
      sendReply(response, ticket.reply);
      return;
    case "miss":
      record(ticket, request, response);
      break;
    case "bypass":
      setFields(response, ticket.fields);
      if (ticket.settled !== undefined) holdResponse(ticket.settled, response);
  }
  next();
}

/** Until the answer ends, the handlers see the request as the ticket wants it to be seen. */
function record(ticket: MissTicket, request: Incoming, response: Answer, unwanted?: () => void): void {
  (request as Recorded)[recorder] = new ResponseRecorder(ticket, response, {
    socket: request.socket,
    show: (watching) => showTo(request, response.locals, ticket, watching),
    unwanted,
  });
}

/**
 * What is being recorded of a request: it gives way to another cached handler behind. Kept on the request, as a `WeakMap`
 * holds on to what it leads to until the old are collected, too, so that all that belongs to a request would outlive it.
 */
const recorder = Symbol("cachette.recorder");

type Recorded = Incoming & { [recorder]?: ResponseRecorder };
