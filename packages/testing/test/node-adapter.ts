import { IncomingMessage, ServerResponse } from "node:http";
import { Socket } from "node:net";
import type { Cache } from "@cachette/core";
import {
  bodyOf,
  exchange,
  fieldRecord,
  fieldsOf,
  forSending,
  holdResponse,
  IncomingView,
  ResponseRecorder,
  runForNobody,
  setFields,
  showRequest,
  together,
  watchAttached,
} from "@cachette/core/adapter";
import { createHttpCache, type MissTicket, type Reply, type RouteOptions } from "@cachette/core/http";

/** `body`: what was made of the request's content before. */
export type NodeRequest = IncomingMessage & { body?: unknown };

export type NodeHandler = (request: NodeRequest, response: ServerResponse) => unknown;

/** What records the answers under way: an inner cache answers in place of an outer one. */
const recorders = new WeakMap<NodeRequest, ResponseRecorder>();

/** An adapter for servers of Node's `http`, or whatever hands out its requests and responses. */
export function cachedNode(cache: Cache, options: RouteOptions, handler: NodeHandler): NodeHandler {
  const http = createHttpCache(cache, options);

  return async function serve(request, response) {
    recorders.get(request)?.giveWay();
    const ticket = await http.begin(new NodeView(request), () => fieldsOf(response));
    if (ticket.state === "miss") return fill(request, response, ticket);
    if (ticket.state === "bypass") {
      setFields(response, ticket.fields);
      if (ticket.settled !== undefined) holdResponse(ticket.settled, response);
      return handler(request, response);
    }
    send(response, ticket.reply);
    if (ticket.state === "stale" && ticket.refresh !== undefined) refresh(request, ticket.refresh);
  };

  function fill(request: NodeRequest, response: ServerResponse, ticket: MissTicket, unwanted?: () => void): unknown {
    const { ask, target } = ticket;
    const { socket } = request;
    const recorder = new ResponseRecorder(ticket, response, {
      socket,
      unwanted,
      show: (watch) =>
        together(
          showRequest(request, { ask, watch }),
          watchAttached(request, watch),
          exchange(request, "url", target ?? request.url),
        ),
    });
    recorders.set(request, recorder);
    return handler(request, response);
  }

  /** Without what is in front of the handler, which a framework would run as well. */
  function refresh(received: NodeRequest, ticket: MissTicket): void {
    const socket = new Socket();
    const request = new IncomingMessage(socket);
    const response = new ServerResponse(request);
    const nobody = { socket, request, response };
    const again = async (stop: () => void) => {
      // A handler that rejects has answered nothing.
      await Promise.resolve(fill(request, response, ticket, stop)).catch(stop);
    };
    runForNobody(received, received.url ?? "/", nobody, again, () => ticket.abandon());
  }
}

function send(response: ServerResponse, reply: Reply): void {
  if (response.destroyed || response.headersSent) return;
  const { status, fields } = forSending(response, reply);
  response.writeHead(status, fieldRecord(fields)).end(bodyOf(reply));
}

class NodeView extends IncomingView {
  readonly #request: NodeRequest;

  constructor(request: NodeRequest) {
    super(request, request.url ?? "/");
    this.#request = request;
  }

  body(): unknown {
    return this.#request.body;
  }
}
