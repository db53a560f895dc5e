import { captureNodeStream, copiedStream, type NodeStream, octetsOf } from "@cachette/core/adapter";
import type { Capture } from "@cachette/core/http";
import type { FastifyReply } from "fastify";

/** Streams of Node and of the Web. */
export type Stream = NodeStream | ReadableStream<unknown>;

function isNodeStream(payload: unknown): payload is NodeStream {
  return has(payload, "pipe") && has(payload, "on");
}

function isWebStream(payload: unknown): payload is ReadableStream<unknown> {
  return has(payload, "getReader");
}

/** Whether a payload comes in pieces that can be copied on their way. */
export function isStream(payload: unknown): payload is Stream {
  return isNodeStream(payload) || (isWebStream(payload) && !payload.locked);
}

/** A stream of the same pieces, of which a copy goes to `capture`. */
export function captured(stream: Stream, capture: Capture): Stream {
  if (isNodeStream(stream)) return captureNodeStream(stream, capture);
  return copiedStream(stream.getReader(), {
    write: (piece: unknown) => capture.write(octetsOf(piece)),
    end: () => capture.end(),
    abort: () => capture.abort(),
  });
}

/** What a handler gave as a whole `Response` is taken apart, as Fastify does later; anything else is given back. */
export function unwrap(reply: FastifyReply, payload: unknown): unknown {
  // Of one that was read already, Fastify says what is wrong with it.
  if (!isResponse(payload) || payload.bodyUsed) return payload;
  reply.code(payload.status);
  // Cookies come one by one, and are added to those that are there already.
  for (const [name, value] of payload.headers) reply.header(name, value);
  return payload.body;
}

/** Lets go of a payload that will not be sent. */
export function drop(payload: unknown): void {
  if (isNodeStream(payload)) {
    payload.on("error", () => {});
    payload.destroy?.();
  } else if (isWebStream(payload)) {
    payload.cancel().catch(() => {});
  }
}

/** Told by its name, as Fastify does: there may be several classes of it. */
function isResponse(payload: unknown): payload is Response {
  return Object.prototype.toString.call(payload) === "[object Response]";
}

function has(payload: unknown, method: string): boolean {
  return typeof payload === "object" && payload !== null && typeof Reflect.get(payload, method) === "function";
}
