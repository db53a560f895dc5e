import { IncomingMessage, ServerResponse } from "node:http";
import { Socket } from "node:net";
import { runForNobody } from "@cachette/core/adapter";
import type { HttpCache, MissTicket, StaleTicket, Ticket } from "@cachette/core/http";
import type { FastifyInstance, FastifyReply, FastifyRequest, onSendHookHandler, RouteHandlerMethod } from "fastify";
import { type Follower, StoredAnswer } from "./answer.ts";
import { Recorder } from "./recorder.ts";
import { viewOf } from "./request-view.ts";
import { fieldsOf, setFields } from "./response-fields.ts";
import { Witness } from "./witness.ts";

type Incoming = FastifyRequest["raw"];

/** What a run in the background is for. */
interface Refresh {
  readonly ticket: MissTicket;
  /** The request that the ticket was made for: what its handler would have seen is what this one sees. */
  readonly seen: Incoming;
}

/**
 * One route with its cache. The look-up stands in the handler's place rather than in a hook, so that no hook, of
 * whatever plugin, comes between it and the handler or is left out by a hit.
 */
export class CachedRoute {
  readonly #http: HttpCache;
  readonly #handler: RouteHandlerMethod;
  /** By the request's own object, which nobody can send. */
  readonly #refreshes = new WeakMap<Incoming, Refresh>();

  constructor(http: HttpCache, handler: RouteHandlerMethod) {
    this.#http = http;
    this.#handler = handler;
  }

  get handler(): RouteHandlerMethod {
    const route = this;
    return function cachette(request, reply) {
      (request as Followed)[following]?.giveWay?.();
      const refresh = route.#refreshes.get(request.raw);
      if (refresh !== undefined) return route.#record(this, request, reply, refresh.ticket, refresh.seen);
      const ticket = route.#http.begin(viewOf(request), () => fieldsOf(reply));
      if (!("then" in ticket)) return route.#follow(this, request, reply, ticket);
      // A promise of nothing would be an empty answer, to a handler that sends its own later.
      return ticket.then((settled) => route.#follow(this, request, reply, settled) ?? reply);
    };
  }

  /** The last hook before an answer is sent. */
  readonly onSend: onSendHookHandler = (request, _reply, payload, done) => {
    const follower = (request as Followed)[following];
    const answer = follower === undefined ? payload : follower.answer(payload);
    if (answer instanceof Promise) answer.then((settled) => done(null, settled), done);
    else done(null, answer);
  };

  #follow(app: FastifyInstance, request: FastifyRequest, reply: FastifyReply, ticket: Ticket): unknown {
    if (ticket.state === "miss") return this.#record(app, request, reply, ticket);
    if (ticket.state === "bypass") {
      setFields(reply, ticket.fields);
      if (ticket.settled === undefined) return this.#handler.call(app, request, reply);
      return this.#run(app, request, reply, new Witness(ticket.settled, reply));
    }
    if (ticket.state === "stale") this.#refresh(request, ticket);
    const stored = new StoredAnswer(reply, ticket.reply);
    (request as Followed)[following] = stored;
    stored.send();
    return undefined;
  }

  #refresh(request: FastifyRequest, { refresh: ticket }: StaleTicket): void {
    if (ticket === undefined) return;
    const { originalUrl, raw, server } = request;
    const socket = new Socket();
    const again = new IncomingMessage(socket);
    const response = new ServerResponse(again);
    this.#refreshes.set(again, { ticket, seen: raw });
    const nobody = { socket, request: again, response };
    // Whatever comes of it: what has ended already stays as it is.
    runForNobody(
      raw,
      originalUrl,
      nobody,
      () => server.routing(again, response),
      () => ticket.abandon(),
    );
  }

  #record(
    app: FastifyInstance,
    request: FastifyRequest,
    reply: FastifyReply,
    ticket: MissTicket,
    seen?: Incoming,
  ): unknown {
    return this.#run(app, request, reply, new Recorder(ticket, request, reply, seen));
  }

  #run(app: FastifyInstance, request: FastifyRequest, reply: FastifyReply, follower: Follower): unknown {
    (request as Followed)[following] = follower;
    const result: unknown = this.#handler.call(app, request, reply);
    if (result instanceof Promise) result.then((payload) => follower.handled(payload === undefined), ignore);
    else follower.handled(false);
    return result;
  }
}

/**
 * What follows a request is kept on the request. A `WeakMap` holds on to what it leads to until the old are collected,
 * too, so that all that belongs to a request would outlive it.
 */
export const following = Symbol("cachette.following");

type Followed = FastifyRequest & { [following]?: Follower };

/** Fastify makes an answer of the error, which comes by as any other. */
function ignore(): void {}
