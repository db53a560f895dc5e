import type { FastifyReply } from "fastify";

/** What a handler gave as a whole `Response` is taken apart, as Fastify does later; anything else is given back. */
export function unwrap(reply: FastifyReply, payload: unknown): unknown {
  // Of one that was read already, Fastify says what is wrong with it.
  if (!isResponse(payload) || payload.bodyUsed) return payload;
  reply.code(payload.status);
  // Cookies come one by one, and are added to those that are there already.
  for (const [name, value] of payload.headers) reply.header(name, value);
  return payload.body;
}

/** Told by its name, as Fastify does: there may be several classes of it. */
function isResponse(payload: unknown): payload is Response {
  return Object.prototype.toString.call(payload) === "[object Response]";
}
