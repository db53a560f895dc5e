import { fetchForNobody } from "@cachette/core/adapter";
import type { HttpCache, MissTicket } from "@cachette/core/http";
import type { Context, ExecutionContext } from "hono";

/** What a Hono application offers for running a request through it. */
export interface HonoApp {
  fetch(request: Request, env?: unknown, executionCtx?: ExecutionContext): Response | Promise<Response>;
}

/** Requests that are run once more in the background: which route's cache wants the answer, until it has got it. */
const refreshes = new WeakMap<Request, { readonly route: HttpCache; ticket: MissTicket | undefined }>();

/**
 * Runs a request through the application once more, from the start, when the reply is on its way. The answer goes
 * nowhere, and whatever comes of it ends the ticket. Without an application nothing is run.
 */
export function runAgain(ticket: MissTicket, route: HttpCache, app: HonoApp | undefined, c: Context): void {
  if (app === undefined) {
    ticket.abandon();
    return;
  }
  const executionCtx = executionCtxOf(c);
  const dispatch = (request: Request) => {
    refreshes.set(request, { route, ticket });
    return app.fetch(request, c.env, executionCtx);
  };
  const run = fetchForNobody(c.req.raw, dispatch, () => ticket.abandon());
  executionCtx?.waitUntil(run);
}

/**
 * Whether the request is one of those in the background, and which ticket the answer of the handlers behind is for:
 * none, if this is not where it was wanted, or if it has been given out already.
 */
export function refreshOf(request: Request, route: HttpCache): { ticket: MissTicket | undefined } | undefined {
  const refresh = refreshes.get(request);
  if (refresh === undefined) return undefined;
  const ticket = refresh.route === route ? refresh.ticket : undefined;
  if (ticket !== undefined) refresh.ticket = undefined;
  return { ticket };
}

function executionCtxOf(c: Context): ExecutionContext | undefined {
  try {
    return c.executionCtx;
  } catch {
    // Hono throws where there is none, as on Node.
    return undefined;
  }
}
