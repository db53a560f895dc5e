import type { Cache } from "@cachette/core";
import {
  bytesOfCopy,
  endingWith,
  fetchForNobody,
  fetchResponse,
  recordFetch,
  showFetchRequest,
} from "@cachette/core/adapter";
import { createHttpCache, type MissTicket, type RequestView, type RouteOptions } from "@cachette/core/http";

/** `earlier`: the fields that were set on the answer before the handler. They are on what it gives, too. */
export type FetchHandler = (request: Request, earlier: Headers) => Response | Promise<Response>;

type Whom = "client" | "background";

/** What is made of requests as handlers are shown them: an inner cache answers in place of an outer one. */
const recorded = new WeakMap<Request, { readonly ticket: MissTicket; readonly received: Request }>();

/** An adapter for whatever hands a `Request` to a function and sends the `Response` that it gives. */
export function cachedFetch(cache: Cache, options: RouteOptions, handler: FetchHandler): FetchHandler {
  const http = createHttpCache(cache, options);

  return async function serve(given, earlier) {
    const outer = recorded.get(given);
    outer?.ticket.giveWay();
    const request = outer?.received ?? given;
    const ticket = await http.begin(viewOf(request), () => [...earlier]);
    if (ticket.state === "miss") return fill(request, earlier, ticket, "client");
    if (ticket.state === "bypass") {
      const response = await handler(request, earlier);
      await ticket.settled?.({ status: response.status, fields: [...response.headers] });
      for (const [name, value] of ticket.fields) if (!response.headers.has(name)) response.headers.set(name, value);
      return response;
    }
    const refresh = ticket.state === "stale" ? ticket.refresh : undefined;
    if (refresh !== undefined) {
      const again = (copy: Request) => fill(copy, new Headers(earlier), refresh, "background");
      void fetchForNobody(request, again, () => refresh.abandon());
    }
    return fetchResponse(ticket.reply, [...earlier]);
  };

  async function fill(request: Request, earlier: Headers, miss: MissTicket, whom: Whom): Promise<Response> {
    const before = [...earlier];
    let showReceived = () => {};
    const ticket = endingWith(miss, () => showReceived());
    const onAbort = () => ticket.clientGone();
    request.signal.addEventListener("abort", onAbort);
    try {
      const { shown, undo } = showFetchRequest(request, ticket);
      showReceived = undo;
      recorded.set(shown, { ticket, received: request });
      const response = await handler(shown, earlier);
      return (await recordFetch(ticket, response, { before, whom, signal: request.signal })) ?? response;
    } catch (error) {
      // What is stored may be sent in place of the error.
      const { reply } = ticket.commit({ status: 500, fields: [] }, new Uint8Array(0));
      if (reply === undefined) throw error;
      return fetchResponse(reply, before);
    } finally {
      request.signal.removeEventListener("abort", onAbort);
    }
  }
}

function viewOf(request: Request): RequestView {
  const { method, headers } = request;
  const [, scheme, host, url = ""] = /^(https?):\/\/([^/]*)([^#]*)/.exec(request.url) ?? [];
  return {
    method,
    url,
    scheme: scheme === "https" ? "https" : "http",
    host,
    header: (name) => headers.get(name) ?? undefined,
    names: () => headers.keys(),
    body: () => bytesOfCopy(request),
  };
}
