import { IncomingMessage, ServerResponse } from "node:http";
import { Socket } from "node:net";
import { runForNobody } from "@cachette/core/adapter";
import type { HttpCache, MissTicket } from "@cachette/core/http";
import type { Incoming, RunningApp } from "./request-view.ts";

/** A request that is run once more in the background. */
interface Refresh {
  readonly ticket: MissTicket;
  /** Whose answer it is for: the same middleware, at the same place. */
  readonly route: HttpCache;
  readonly place: string;
}

/** The requests made here. Express puts other prototypes on them, but they stay the same objects. */
const refreshes = new WeakMap<object, Refresh>();

/**
 * Runs a request through its application once more, from the start, once the reply is on its way. The answer goes
 * nowhere; whatever comes of it ends the ticket.
 */
export function runAgain(ticket: MissTicket, route: HttpCache, request: Incoming): void {
  const root = rootOf(request.app);
  if (root === undefined) {
    ticket.abandon();
    return;
  }
  const socket = new Socket();
  const again = new IncomingMessage(socket);
  const response = new ServerResponse(again);
  refreshes.set(again, { ticket, route, place: placeOf(request) });
  const dispatch = (stop: () => void) => root(again, response, stop);
  runForNobody(request, request.originalUrl, { socket, request: again, response }, dispatch, () => ticket.abandon());
}

/**
 * Whether the request is one of those in the background, and which ticket the answer of the handlers behind is for:
 * none, if this is not where it was wanted.
 */
export function refreshOf(
  request: Incoming,
  route: HttpCache,
): { readonly ticket: MissTicket | undefined } | undefined {
  const refresh = refreshes.get(request);
  if (refresh === undefined) return undefined;
  if (refresh.route !== route || refresh.place !== placeOf(request)) return { ticket: undefined };
  return refresh;
}

/** Where the routers have come to. It differs if something in front of the root application changes targets. */
function placeOf({ baseUrl, url }: Incoming): string {
  return `${baseUrl} ${url}`;
}

function rootOf(app: RunningApp | undefined): RunningApp | undefined {
  return app?.parent === undefined ? app : rootOf(app.parent);
}
