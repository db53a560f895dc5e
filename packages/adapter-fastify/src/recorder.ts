import { changedFields, endingWith, orAbandon, recordPayload, Watching } from "@cachette/core/adapter";
import type { Capture, HeaderFields, MissTicket, ResponseHead } from "@cachette/core/http";
import type { FastifyReply, FastifyRequest } from "fastify";
import { type Follower, setReply } from "./answer.ts";
import { unwrap } from "./payload.ts";
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
    const watching = new Watching(ticket.watch);
    const showReceived = orAbandon(ticket, () => showTo(request, reply, ticket, watching, seen));
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
    if (this.#waiting && (sent || raw.headersSent || (nothing && raw.destroyed))) this.#ticket.abandon();
  }

  /** Takes the answer, and gives what is to be sent in place of it. */
  answer(answer: unknown): unknown {
    if (!this.#waiting) return answer;
    const reply = this.#reply;
    const content = unwrap(reply, answer);
    const head: ResponseHead = { status: reply.statusCode, fields: changedFields(this.#before, fieldsOf(reply)) };
    const verdict = recordPayload(this.#ticket, head, content);
    this.#waiting = false;
    this.#capture = verdict.capture;
    if (verdict.reply !== undefined) {
      restoreFields(reply, this.#before);
      return setReply(reply, verdict.reply);
    }
    setFields(reply, verdict.set);
    for (const name of verdict.remove) reply.removeHeader(name);
    if (verdict.notModified) reply.code(304);
    return verdict.payload;
  }

  giveWay(): void {
    if (this.#waiting) this.#ticket.giveWay();
  }

  readonly #onClose = (): void => {
    if (!this.#waiting) this.#capture?.abort();
    else if (this.#reply.raw.writableFinished) this.#ticket.abandon();
    else this.#ticket.clientGone();
  };
}
