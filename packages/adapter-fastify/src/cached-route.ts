import type { HttpCache, Reply, Ticket } from "@cachette/core/http";
import type { FastifyInstance, FastifyReply, FastifyRequest, onSendHookHandler, RouteHandlerMethod } from "fastify";
import { Recorder } from "./recorder.ts";
import { viewOf } from "./request-view.ts";
import { fieldsOf, fieldValue, setFields } from "./response-fields.ts";

/**
 * One route with its cache. The look-up stands in the handler's place rather than in a hook, so that no hook, of
 * whatever plugin, comes between it and the handler or is left out by a hit.
 */
export class CachedRoute {
  readonly #http: HttpCache;
  readonly #handler: RouteHandlerMethod;
  readonly #recorders = new WeakMap<FastifyRequest, Recorder>();
  readonly #hits = new WeakMap<FastifyRequest, Reply>();

  constructor(http: HttpCache, handler: RouteHandlerMethod) {
    this.#http = http;
    this.#handler = handler;
  }

  get handler(): RouteHandlerMethod {
    const route = this;
    return function cachette(request, reply) {
      const ticket = route.#http.begin(viewOf(request), () => fieldsOf(reply));
      if (!("then" in ticket)) return route.#follow(this, request, reply, ticket);
      // A promise of nothing would be an empty answer, to a handler that sends its own later.
      return ticket.then((settled) => route.#follow(this, request, reply, settled) ?? reply);
    };
  }

  /** The last hook before an answer is sent. */
  readonly onSend: onSendHookHandler = (request, reply, payload, done) => {
    const hit = this.#hits.get(request);
    if (hit !== undefined) correct(reply, hit);
    const recorder = this.#recorders.get(request);
    done(null, recorder === undefined ? payload : recorder.answer(payload));
  };

  #follow(app: FastifyInstance, request: FastifyRequest, reply: FastifyReply, ticket: Ticket): unknown {
    if (ticket.state === "hit") {
      this.#send(request, reply, ticket.reply);
      return undefined;
    }
    if (ticket.state === "bypass") {
      setFields(reply, ticket.fields);
      return this.#handler.call(app, request, reply);
    }
    const recorder = new Recorder(ticket, request, reply);
    this.#recorders.set(request, recorder);
    const result: unknown = this.#handler.call(app, request, reply);
    if (result instanceof Promise) result.then((payload) => recorder.handled(payload === undefined), ignore);
    else recorder.handled(false);
    return result;
  }

  #send(request: FastifyRequest, reply: FastifyReply, { status, fields, body }: Reply): void {
    const hit = { status, fields, body };
    if (body === undefined || fieldValue(fields, "content-type") === undefined) this.#hits.set(request, hit);
    setFields(reply.code(status), fields);
    reply.send(body === undefined ? undefined : Buffer.from(body.buffer, body.byteOffset, body.byteLength));
  }
}

/** Fastify makes an answer of the error, which comes by as any other. */
function ignore(): void {}

/** Fastify names a type where there is none, and has a length of its own for the answer to HEAD. */
function correct(reply: FastifyReply, { fields, body }: Reply): void {
  if (fieldValue(fields, "content-type") === undefined) reply.removeHeader("content-type");
  if (body !== undefined) return;
  const length = fieldValue(fields, "content-length");
  if (length === undefined) reply.removeHeader("content-length");
  else reply.header("content-length", length);
}
