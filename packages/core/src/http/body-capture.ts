import type { Capture } from "./ticket.ts";

/** Keeps a copy of a body up to a size; past it, the copy is dropped and `onEnd` told that there is none. */
export class BodyCapture implements Capture {
  readonly #limit: number;
  readonly #onEnd: (body: Uint8Array | undefined, reason: "complete" | "too-large" | "aborted") => void;
  #pieces: Uint8Array[] = [];
  #length = 0;
  #ended = false;

  constructor(
    limit: number,
    onEnd: (body: Uint8Array | undefined, reason: "complete" | "too-large" | "aborted") => void,
  ) {
    this.#limit = limit;
    this.#onEnd = onEnd;
  }

  write(piece: Uint8Array): boolean {
    if (this.#ended) return false;
    this.#length += piece.byteLength;
    if (this.#length > this.#limit) {
      this.#finish(undefined, "too-large");
      return false;
    }
    // A copy: a stream may use the same buffer again for its next piece.
    this.#pieces.push(new Uint8Array(piece));
    return true;
  }

  end(): void {
    if (this.#ended) return;
    const body = new Uint8Array(this.#length);
    let at = 0;
    for (const piece of this.#pieces) {
      body.set(piece, at);
      at += piece.byteLength;
    }
    this.#finish(body, "complete");
  }

  abort(): void {
    if (!this.#ended) this.#finish(undefined, "aborted");
  }

  #finish(body: Uint8Array | undefined, reason: "complete" | "too-large" | "aborted"): void {
    this.#ended = true;
    this.#pieces = [];
    this.#onEnd(body, reason);
  }
}
