import type { BypassTicket } from "@cachette/core/http";
import type { FastifyReply } from "fastify";
import type { Follower } from "./answer.ts";
import { unwrap } from "./payload.ts";
import { fieldsOf } from "./response-fields.ts";

type Settled = NonNullable<BypassTicket["settled"]>;

/** Tells how a request ended that may have changed something, and keeps the answer back until that is dealt with. */
export class Witness implements Follower {
  readonly #settled: Settled;
  readonly #reply: FastifyReply;
  #told = false;

  constructor(settled: Settled, reply: FastifyReply) {
    this.#settled = settled;
    this.#reply = reply;
    reply.raw.once("close", () => {
      // Written past Fastify; else an answer may still come, if only for the hooks.
      if (reply.sent || reply.raw.headersSent) this.#tell();
    });
  }

  answer(payload: unknown): unknown | Promise<unknown> {
    const content = unwrap(this.#reply, payload);
    return this.#tell()?.then(() => content) ?? content;
  }

  /** Of nothing Fastify makes no answer when the client is gone. */
  handled(nothing: boolean): void {
    const { raw } = this.#reply;
    if (raw.headersSent || (nothing && raw.destroyed)) this.#tell();
  }

  #tell(): Promise<void> | undefined {
    if (this.#told) return undefined;
    this.#told = true;
    return this.#settled({ status: this.#reply.statusCode, fields: fieldsOf(this.#reply) }) ?? undefined;
  }
}
