import { IncomingMessage, ServerResponse } from "node:http";
import type { HttpCache, MissTicket } from "@cachette/core/http";
import type { Incoming, RunningApp } from "./request-view.ts";
import { SinkSocket } from "./sink-socket.ts";

/** Milliseconds that a refresh may take: there is no client who would go away and so end it. */
const longest = 60_000;

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
  const socket = new SinkSocket(request.socket);
  const message = copyOf(request, socket);
  const response = new ServerResponse(message);
  const stop = () => socket.destroy();
  const timer = setTimeout(stop, longest).unref();
  for (const stream of [socket, message, response]) stream.on("error", stop);
  response.once("finish", stop);
  response.once("close", () => {
    clearTimeout(timer);
    ticket.abandon();
  });
  response.assignSocket(socket);
  refreshes.set(message, { ticket, route, place: placeOf(request) });
  setImmediate(() => {
    try {
      root(message, response, stop);
    } catch {
      stop();
    }
  });
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

/** The request as it came, without a body. */
function copyOf(request: Incoming, socket: SinkSocket): IncomingMessage {
  const message = new IncomingMessage(socket);
  const { httpVersionMajor, httpVersionMinor, method, originalUrl, headers, headersDistinct, rawHeaders } = request;
  const httpVersion = `${httpVersionMajor}.${httpVersionMinor}`;
  Object.assign(message, { httpVersion, httpVersionMajor, httpVersionMinor, method, url: originalUrl, complete: true });
  message.headers = { ...headers };
  // Node makes these for what it has read itself.
  message.headersDistinct = { ...headersDistinct };
  message.rawHeaders = [...rawHeaders];
  message.push(null);
  return message;
}
