import { handlersCopy } from "@cachette/core/adapter";
import type { HttpCache, MissTicket } from "@cachette/core/http";
import type { Context, ExecutionContext } from "hono";

/** What a Hono application offers for running a request through it. */
export interface HonoApp {
  fetch(request: Request, env?: unknown, executionCtx?: ExecutionContext): Response | Promise<Response>;
}

/** Milliseconds that a refresh may take: there is no client who would go away and so end it. */
const longest = 60_000;

/** Requests that are run once more in the background: which route's cache wants the answer, until it has got it. */
const refreshes = new WeakMap<Request, { readonly route: HttpCache; ticket: MissTicket | undefined }>();

// Taken now: tests that put a timer of their own in its place must not stop refreshes.
const { setTimeout } = globalThis;

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
  const run = runInBackground(ticket, route, (request) => app.fetch(request, c.env, executionCtx), c.req.raw);
  executionCtx?.waitUntil(run);
}

async function runInBackground(
  ticket: MissTicket,
  route: HttpCache,
  dispatch: (request: Request) => Response | Promise<Response>,
  raw: Request,
): Promise<void> {
  try {
    // Its own signal: that of the client ends with the client.
    const request = handlersCopy(raw, { signal: AbortSignal.timeout(longest) });
    refreshes.set(request, { route, ticket });
    await new Promise((resolve) => setTimeout(resolve, 0));
    const { body } = await dispatch(request);
    await body?.cancel();
  } catch {
    // There is nobody to tell; that the load failed is an event.
  } finally {
    ticket.abandon();
  }
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
