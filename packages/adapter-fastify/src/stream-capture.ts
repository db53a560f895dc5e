import { copiedStream } from "@cachette/core/adapter";
import type { Capture } from "@cachette/core/http";
import type { NodeStream, WebStream } from "./payload.ts";

/** Copies what a stream gives to whoever reads it, and does not make it flow by itself. */
export function captureNodeStream(stream: NodeStream, capture: Capture): NodeStream {
  let following = false;
  const take = (chunk: unknown): void => {
    if (!capture.write(bytesOf(chunk))) stream.off("data", take);
  };
  const follow = (event: string): void => {
    if (event !== "data" || following) return;
    following = true;
    stream.off("newListener", follow);
    stream.on("data", take);
  };
  stream.on("newListener", follow);
  stream.on("end", () => {
    if (following) capture.end();
    else capture.abort();
  });
  // Fastify destroys the stream when its client is gone.
  stream.on("close", () => capture.abort());
  stream.on("error", () => capture.abort());
  return stream;
}

/** A stream of the same pieces, read when it is read. */
export function captureWebStream(stream: WebStream, capture: Capture): WebStream {
  return copiedStream(stream.getReader(), {
    write: (piece: unknown) => capture.write(bytesOf(piece)),
    end: () => capture.end(),
    abort: () => capture.abort(),
  });
}

function bytesOf(chunk: unknown): Uint8Array {
  return chunk instanceof Uint8Array ? chunk : Buffer.from(String(chunk));
}
