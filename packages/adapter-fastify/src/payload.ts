import type { FastifyReply } from "fastify";

/** What the adapter uses of a stream of Node. */
export interface NodeStream {
  on(event: "newListener", listener: (event: string) => void): unknown;
  on(event: "data", listener: (chunk: unknown) => void): unknown;
  on(event: "close" | "end" | "error", listener: () => void): unknown;
  off(event: "data" | "newListener", listener: (value: never) => void): unknown;
  pipe(destination: never): unknown;
  destroy?(): unknown;
}

export type WebStream = ReadableStream<unknown>;

export function isNodeStream(payload: unknown): payload is NodeStream {
  return has(payload, "pipe") && has(payload, "on");
}

export function isWebStream(payload: unknown): payload is WebStream {
  return has(payload, "getReader");
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
