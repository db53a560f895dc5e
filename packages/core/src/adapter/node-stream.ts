import type { Capture } from "../http/index.ts";
import { bytesOf } from "./node-response.ts";

/** What is used of a readable stream of Node. */
export interface NodeStream {
  on(event: string, listener: (value: unknown) => void): unknown;
  off(event: string, listener: (value: unknown) => void): unknown;
  pipe(destination: never): unknown;
  destroy?(): unknown;
}

/** Copies what a stream gives to whoever reads it, and does not make it flow by itself. */
export function captureNodeStream(stream: NodeStream, capture: Capture): NodeStream {
  let following = false;
  const take = (chunk: unknown): void => {
    if (!capture.write(octetsOf(chunk))) stream.off("data", take);
  };
  const follow = (event: unknown): void => {
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
  // Frameworks destroy the stream when its client is gone.
  stream.on("close", () => capture.abort());
  stream.on("error", () => capture.abort());
  return stream;
}

/** The octets of a piece; of what is neither octets nor text, those of the text that it makes. */
export function octetsOf(piece: unknown): Uint8Array {
  return bytesOf(piece instanceof Uint8Array ? piece : String(piece));
}
