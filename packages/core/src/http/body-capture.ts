import type { Capture } from "./ticket.ts";

/** Is told how a capture ended: with the body, or with the reason why there is none. */
export type OnCaptureEnd = (body: Uint8Array | undefined, reason: "complete" | "too-large" | "aborted") => void;

/**
 * Keeps a copy of a body up to a size; past it, the copy is dropped. One buffer that grows rather than a list of pieces:
 * a body that comes byte by byte takes no more room than its bytes.
 */
export class BodyCapture implements Capture {
  readonly #limit: number;
  readonly #onEnd: OnCaptureEnd;
  #buffer = new Uint8Array(0);
  #length = 0;
  #ended = false;

  constructor(limit: number, onEnd: OnCaptureEnd) {
    this.#limit = limit;
    this.#onEnd = onEnd;
  }

  write(piece: Uint8Array): boolean {
    if (this.#ended) return false;
    const length = this.#length + piece.byteLength;
    if (length > this.#limit) {
      this.#finish(undefined, "too-large");
      return false;
    }
    if (length > this.#buffer.byteLength) this.#grow(length);
    this.#buffer.set(piece, this.#length);
    this.#length = length;
    return true;
  }

  end(): void {
    if (!this.#ended) this.#finish(this.#buffer.slice(0, this.#length), "complete");
  }

  abort(): void {
    if (!this.#ended) this.#finish(undefined, "aborted");
  }

  #grow(length: number): void {
    const buffer = new Uint8Array(Math.min(this.#limit, Math.max(length, 2 * this.#buffer.byteLength)));
    buffer.set(this.#buffer);
    this.#buffer = buffer;
  }

  #finish(body: Uint8Array | undefined, reason: "complete" | "too-large" | "aborted"): void {
    this.#ended = true;
    this.#buffer = new Uint8Array(0);
    this.#onEnd(body, reason);
  }
}
