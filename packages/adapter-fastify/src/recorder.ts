import type { Capture, MissTicket, ResponseHead } from "@cachette/core/http";
import type { FastifyReply, FastifyRequest } from "fastify";
import { hideConditions } from "./hidden-conditions.ts";
import { isNodeStream, isResponse, isWebStream, type WebStream } from "./payload.ts";
import { FieldSnapshot, setFields } from "./response-fields.ts";
import { captureNodeStream, captureWebStream } from "./stream-capture.ts";

/**
 * Tells a ticket what a handler answers, and adds what the ticket wants to be said. Until the answer is sent, the
 * handler does not see the conditions in the request.
 */
export class Recorder {
  readonly #ticket: MissTicket;
  readonly #reply: FastifyReply;
  readonly #fields: FieldSnapshot;
  readonly #showConditions: () => void;
  #waiting = true;
  #capture: Capture | undefined;

  constructor(ticket: MissTicket, request: FastifyRequest, reply: FastifyReply) {
    this.#ticket = ticket;
    this.#reply = reply;
    this.#fields = new FieldSnapshot(reply);
    this.#showConditions = hideConditions(request.raw);
    if (reply.raw.destroyed) ticket.clientGone();
    else reply.raw.once("close", this.#onClose);
  }

  /**
   * The handler has returned, or its promise is fulfilled, maybe with nothing. If it writes to the socket by itself,
   * nothing is stored. Of nothing Fastify makes no answer when the client is gone.
   */
  handled(nothing: boolean): void {
    const { raw, sent } = this.#reply;
    if (this.#waiting && (sent || raw.headersSent || (nothing && raw.destroyed))) this.#giveUp();
  }

  /** Takes the answer, and gives what is to be sent in place of it. */
  answer(payload: unknown): unknown {
    if (!this.#waiting) return payload;
    if (isResponse(payload)) {
      // Fastify says what is wrong with it.
      if (payload.bodyUsed) return this.#giveUp(payload);
      this.#reply.code(payload.status);
      for (const [name, value] of payload.headers) this.#reply.header(name, value);
      return this.answer(payload.body);
    }
    const head: ResponseHead = { status: this.#reply.statusCode, fields: this.#fields.changes() };
    if (payload === null || payload === undefined || head.status === 204) return this.#whole(head, payload, nothing);
    if (typeof payload === "string") return this.#whole(head, payload, Buffer.from(payload));
    if (payload instanceof Uint8Array) return this.#whole(head, payload, payload);
    if (isNodeStream(payload)) return this.#pieces(head, payload, captureNodeStream);
    if (isWebStream(payload) && !payload.locked) return this.#pieces<WebStream>(head, payload, captureWebStream);
    return this.#giveUp(payload);
  }

  #whole(head: ResponseHead, payload: unknown, body: Uint8Array): unknown {
    const { set, notModified, remove } = this.#ticket.commit(head, body);
    this.#end();
    this.#reply.raw.off("close", this.#onClose);
    setFields(this.#reply, set);
    if (!notModified) return payload;
    for (const name of remove) this.#reply.removeHeader(name);
    this.#reply.code(304);
    return null;
  }

  #pieces<Stream>(head: ResponseHead, payload: Stream, take: (payload: Stream, capture: Capture) => Stream): Stream {
    const { set, capture } = this.#ticket.stream(head);
    this.#end();
    this.#capture = capture;
    setFields(this.#reply, set);
    return capture === undefined ? payload : take(payload, capture);
  }

  #giveUp(payload?: unknown): unknown {
    this.#ticket.abandon();
    this.#end();
    return payload;
  }

  #end(): void {
    this.#waiting = false;
    this.#showConditions();
  }

  readonly #onClose = (): void => {
    if (!this.#waiting) this.#capture?.abort();
    else if (this.#reply.raw.writableFinished) this.#giveUp();
    else this.#ticket.clientGone();
  };
}

const nothing = new Uint8Array(0);
