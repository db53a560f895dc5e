/** What the adapter uses of a stream of Node. */
export interface NodeStream {
  on(event: "newListener", listener: (event: string) => void): unknown;
  on(event: "data", listener: (chunk: unknown) => void): unknown;
  on(event: "close" | "end" | "error", listener: () => void): unknown;
  off(event: "data" | "newListener", listener: (value: never) => void): unknown;
  pipe(destination: never): unknown;
}

export type WebStream = ReadableStream<unknown>;

export function isNodeStream(payload: unknown): payload is NodeStream {
  return has(payload, "pipe") && has(payload, "on");
}

export function isWebStream(payload: unknown): payload is WebStream {
  return has(payload, "getReader");
}

/** Told by its name, as Fastify does: there may be several classes of it. */
export function isResponse(payload: unknown): payload is Response {
  return Object.prototype.toString.call(payload) === "[object Response]";
}

function has(payload: unknown, method: string): boolean {
  return typeof payload === "object" && payload !== null && typeof Reflect.get(payload, method) === "function";
}
