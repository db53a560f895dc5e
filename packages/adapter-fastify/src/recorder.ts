import { changedFields, endingWith, Watching } from "@cachette/core/adapter";
import type { Capture, HeaderFields, MissTicket, Reply, ResponseHead } from "@cachette/core/http";
import type { FastifyReply, FastifyRequest } from "fastify";
import { type Follower, setReply } from "./answer.ts";
import { captured, drop, isStream, type Stream, unwrap } from "./payload.ts";
import { fieldsOf, restoreFields, setFields } from "./response-fields.ts";
import { showTo } from "./shown-request.ts";

/**
 * Tells a ticket what a handler answers, and adds what the ticket wants to be said, or sends its reply instead. Until
 * then, the handler sees the conditions of the ticket in place of those in the request.
 */
export class Recorder implements Follower {
  readonly #ticket: MissTicket;
  readonly #reply: FastifyReply;
  /** What was set before the handler. */
  readonly #before: HeaderFields;
  #waiting = true;
  #capture: Capture | undefined;

  /** `seen`: see `showTo`. */
  constructor(ticket: MissTicket, request: FastifyRequest, reply: FastifyReply, seen?: FastifyRequest["raw"]) {
    this.#reply = reply;
    this.#before = fieldsOf(reply);
    const showReceived = showTo(request, reply, ticket, new Watching(ticket.watch), seen);
    // Whoever makes the pieces of an answer may go on reading the request.
    this.#ticket = endingWith(ticket, () => {
      this.#waiting = false;
      reply.raw.off("close", this.#onClose);
      showReceived();
    });
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
  answer(answer: unknown): unknown {
    if (!this.#waiting) return answer;
    const payload = unwrap(this.#reply, answer);
    const head: ResponseHead = {
      status: this.#reply.statusCode,
      fields: changedFields(this.#before, fieldsOf(this.#reply)),
    };
    if (payload === null || payload === undefined || withoutContent.includes(head.status)) {
      return this.#whole(head, payload, nothing);
    }
    if (typeof payload === "string") return this.#whole(head, payload, Buffer.from(payload));
    if (payload instanceof Uint8Array) return this.#whole(head, payload, payload);
    if (isStream(payload)) return this.#pieces(head, payload);
    return this.#giveUp(payload);
  }

  giveWay(): void {
    if (this.#waiting) this.#ticket.giveWay();
  }

  #whole(head: ResponseHead, payload: unknown, body: Uint8Array): unknown {
    const { reply, set, notModified, remove } = this.#ticket.commit(head, body);
    if (reply !== undefined) return this.#instead(payload, reply);
    setFields(this.#reply, set);
    if (!notModified) return payload;
    for (const name of remove) this.#reply.removeHeader(name);
    this.#reply.code(304);
    return null;
  }

  #pieces(head: ResponseHead, payload: Stream): unknown {
    const { reply, set, capture } = this.#ticket.stream(head);
    this.#waiting = false;
    if (reply !== undefined) return this.#instead(payload, reply);
    setFields(this.#reply, set);
    if (capture === undefined) return payload;
    this.#capture = capture;
    return captured(payload, capture);
  }

  /** Of what the handler made, nothing is sent. */
  #instead(payload: unknown, reply: Reply): Buffer | null {
    drop(payload);
    restoreFields(this.#reply, this.#before);
    return setReply(this.#reply, reply);
  }

  #giveUp(payload?: unknown): unknown {
    this.#ticket.abandon();
    return payload;
  }

  readonly #onClose = (): void => {
    if (!this.#waiting) this.#capture?.abort();
    else if (this.#reply.raw.writableFinished) this.#giveUp();
    else this.#ticket.clientGone();
  };
}

/** Whatever is sent along with these statuses, it is no content. */
const withoutContent: readonly number[] = [204, 304];

const nothing = new Uint8Array(0);
