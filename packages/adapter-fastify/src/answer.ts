import { hasType } from "@cachette/core/adapter";
import type { Reply } from "@cachette/core/http";
import type { FastifyReply } from "fastify";
import { fieldValue, setFields } from "./response-fields.ts";

/** What follows a request up to its answer. */
export interface Follower {
  /** Takes the answer in the last hook before it is sent, and gives what is to be sent in place of it. */
  answer(payload: unknown): unknown | Promise<unknown>;
  /** The handler has returned, or its promise is fulfilled; `nothing`: with nothing. */
  handled(nothing: boolean): void;
  /** Lets go of the request: another cached handler behind has it now, and answers by itself. */
  giveWay?(): void;
}

/** An answer that is there before the handler would run. */
export class StoredAnswer {
  readonly #reply: FastifyReply;
  readonly #stored: Reply;
  #sent: Buffer | null = null;

  constructor(reply: FastifyReply, stored: Reply) {
    this.#reply = reply;
    this.#stored = stored;
  }

  send(): void {
    this.#sent = setReply(this.#reply, this.#stored);
    this.#reply.send(this.#sent ?? undefined);
  }

  /** Fastify names a type where there is none, and has a length of its own for the answer to HEAD. */
  answer(payload: unknown): unknown {
    const { status, fields, body } = this.#stored;
    const reply = this.#reply;
    // An error in a hook has taken its place.
    if (reply.statusCode !== status) return payload;
    if (!hasType(fields)) reply.removeHeader("content-type");
    // Nobody has coded it: as text it goes out together with the head, in one piece.
    if (body !== undefined) return typeof body === "string" && payload === this.#sent ? body : payload;
    const length = fieldValue(fields, "content-length");
    if (length === undefined) reply.removeHeader("content-length");
    else reply.header("content-length", length);
    return payload;
  }

  handled(): void {}
}

/** Sets status and fields, and gives the payload. */
export function setReply(reply: FastifyReply, stored: Reply & { [asBuffer]?: Buffer }): Buffer | null {
  const { status, fields, body } = stored;
  setFields(reply.code(status), fields);
  if (body === undefined) return null;
  if (typeof body !== "string") return Buffer.from(body.buffer, body.byteOffset, body.byteLength);
  stored[asBuffer] ??= Buffer.from(body, "latin1");
  return stored[asBuffer];
}

// Kept on the reply: many hits in a row may have the same.
const asBuffer = Symbol("cachette.asBuffer");
