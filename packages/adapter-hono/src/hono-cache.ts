import { type Cache, invalidOption } from "@cachette/core";
import { endingWith, fetchResponse, recordFetch } from "@cachette/core/adapter";
import { createHttpCache, type MissTicket, type Reply, type RouteOptions } from "@cachette/core/http";
import type { Context, MiddlewareHandler, Next } from "hono";
import { fieldsBefore } from "./fields-before.ts";
import { knownBody } from "./made-with.ts";
import { type HonoApp, refreshOf, runAgain } from "./refresh.ts";
import { replace, sendReply } from "./reply.ts";
import { viewOf } from "./request-view.ts";
import { setMissing } from "./response-fields.ts";
import { showTo } from "./shown-request.ts";

/** The options that all routes have in common, and what the middleware has to know of the application. */
export interface HonoCacheOptions extends RouteOptions {
  /**
   * The application that serves: its `fetch` gets a request that was answered with a stale answer once more, in the
   * background, to load a fresh one (`staleWhileRevalidate`). It is called with the `env` and the `executionCtx` of the
   * request, and `waitUntil` keeps the process for it where there is one. The request starts over, so what stands before
   * the cache runs for it too; by then the client's connection may be closed, and has no address any more.
   *
   * Where routes are made before the application is, `{ fetch: (...request) => app.fetch(...request) }` will do.
   *
   * Without it there are no refreshes: a stale answer is served to the end of its time, and then loaded anew.
   */
  readonly app?: HonoApp;
}

/**
 * Makes middleware that caches the answers of the handlers behind it. What stands before it in the route or the
 * application, such as authentication, runs on hits too.
 *
 * A route's options go before `defaults`. They are checked once, when the route is defined.
 *
 * While an answer is made to be stored, `c.req` does not show the conditions (`If-*`, `Range`) of the client; it may show
 * those of the cache, and a 304 is then the right answer if they hold.
 *
 * @example
 * const cached = honoCache(cache, { app, namespace: "v1" });
 * app.get("/slow", requireUser, cached({ ttl: "10s" }), (c) => c.json({ q: c.req.query("q") }));
 *
 * @throws CachetteError `OPTION_INVALID`, from this function and from the one that it returns
 */
export function honoCache(
  cache: Cache,
  { app, ...defaults }: HonoCacheOptions = {},
): (options?: RouteOptions) => MiddlewareHandler {
  if (app !== undefined && typeof app?.fetch !== "function") {
    throw invalidOption("app", "an application with a fetch method", app);
  }
  createHttpCache(cache, defaults);
  return (options = {}) => {
    const http = createHttpCache(cache, { ...defaults, ...options });
    return async function cachette(c, next) {
      (c as Filled)[filler]?.giveWay();
      const refresh = refreshOf(c.req.raw, http);
      if (refresh !== undefined) return refresh.ticket ? fill(c, next, refresh.ticket, "background") : next();
      const begun = http.begin(viewOf(c), () => fieldsBefore(c));
      const ticket = "then" in begun ? await begun : begun;
      if (ticket.state === "miss") return fill(c, next, ticket, "client");
      if (ticket.state === "bypass") {
        await next();
        await ticket.settled?.({ status: c.res.status, fields: [...c.res.headers] });
        setMissing(c, ticket.fields);
        return;
      }
      sendReply(c, ticket.reply);
      if (ticket.state === "stale" && ticket.refresh) runAgain(ticket.refresh, http, app, c);
    };
  };
}

/**
 * What is being recorded of a request: it gives way to another cached handler behind, which answers by itself. Kept on
 * the context, as a `WeakMap` holds on to what it leads to until the old are collected, too.
 */
const filler = Symbol("cachette.filler");

type Filled = Context & { [filler]?: MissTicket | undefined };

async function fill(c: Context, next: Next, given: MissTicket, whom: "client" | "background"): Promise<void> {
  const before = fieldsBefore(c);
  const { signal } = c.req.raw;
  let filling = true;
  let showReceived = () => {};
  // Whoever makes the pieces of an answer may go on reading the request.
  const ticket = endingWith(given, () => {
    filling = false;
    showReceived();
  });
  const onAbort = () => ticket.clientGone();
  (c as Filled)[filler] = ticket;
  if (signal.aborted) onAbort();
  signal.addEventListener("abort", onAbort);
  try {
    showReceived = showTo(c, ticket);
    await next();
    if (!filling) return;
    const body = knownBody(c.res);
    if (isSentAlready(c.res, body)) ticket.abandon();
    else {
      const answer = await recordFetch(ticket, c.res, { before, whom, signal, body });
      if (answer !== undefined) replace(c, answer);
    }
  } catch (error) {
    const reply = filling ? standIn(ticket) : undefined;
    if (reply === undefined) throw error;
    replace(c, fetchResponse(reply, before));
  } finally {
    (c as Filled)[filler] = undefined;
    signal.removeEventListener("abort", onAbort);
  }
}

/** What to answer when a handler has thrown something of which Hono makes no answer, as it does of an `Error`. */
function standIn(ticket: MissTicket): Reply | undefined {
  try {
    const { reply, capture } = ticket.stream({ status: 500, fields: [] });
    capture?.abort();
    return reply;
  } finally {
    ticket.abandon();
  }
}

/**
 * Whether the handler has written to the socket itself, and said so with `RESPONSE_ALREADY_SENT` of @hono/node-server. A
 * body that is not known is asked for first: see `recordFetch`.
 */
function isSentAlready(response: Response, body: unknown): boolean {
  if (body === undefined) void response.body;
  return response.headers.has("x-hono-already-sent");
}
