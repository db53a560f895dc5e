import type { Capture } from "../http/index.ts";

/** Reads a stream of the Web piece by piece: what `getReader()` gives, or what stands in for it. */
export type PieceReader<Piece> = Pick<ReadableStreamDefaultReader<Piece>, "read" | "cancel">;

type Octets = Uint8Array<ArrayBuffer>;
type Read = Awaited<ReturnType<PieceReader<Octets>["read"]>>;

/** What was there of a body without waiting for it. */
export interface Ahead {
  readonly pieces: readonly Octets[];
  /** Whether that is all of it. */
  readonly complete: boolean;
  /** The read that is under way. */
  readonly next: Promise<Read> | undefined;
}

/** Of a body that is all there, but comes in several pieces, no more than about this many bytes are brought together. */
const mostAhead = 2 ** 20;

// Taken now: tests that put a timer of their own in its place must not stop answers.
const { clearTimeout, setTimeout } = globalThis;

/** Reads what is there at once: all of what was made as a whole, the beginning of a stream. */
export async function readAhead(reader: PieceReader<Octets>): Promise<Ahead> {
  const pieces: Octets[] = [];
  let end: () => void = () => {};
  const turn = new Promise<undefined>((resolve) => {
    end = () => resolve(undefined);
  });
  const timer = setTimeout(end, 0);
  try {
    for (let length = 0; ; ) {
      const next = reader.read();
      // If it fails, that is for whoever reads on.
      const read = await Promise.race([next.catch(() => undefined), turn]);
      if (read === undefined || length > mostAhead) return { pieces, complete: false, next };
      if (read.done) return { pieces, complete: true, next: undefined };
      pieces.push(read.value);
      length += read.value.byteLength;
    }
  } finally {
    clearTimeout(timer);
  }
}

/** The whole body again: first what was read ahead, then the rest. */
export function readerFrom(reader: PieceReader<Octets>, ahead: Ahead): PieceReader<Octets> {
  const pieces = [...ahead.pieces];
  let { next } = ahead;
  return {
    read() {
      const piece = pieces.shift();
      if (piece !== undefined) return Promise.resolve({ done: false, value: piece });
      const under = next ?? reader.read();
      next = undefined;
      return under;
    },
    cancel: (reason) => reader.cancel(reason),
  };
}

/** A stream of what a reader gives, read when it is read. A copy goes to `capture`. */
export function copiedStream<Piece>(
  reader: PieceReader<Piece>,
  capture: (Omit<Capture, "write"> & { write(piece: Piece): unknown }) | undefined,
): ReadableStream<Piece> {
  return new ReadableStream<Piece>(
    {
      async pull(controller) {
        try {
          const { done, value } = await reader.read();
          if (done) {
            capture?.end();
            controller.close();
          } else {
            capture?.write(value);
            controller.enqueue(value);
          }
        } catch (error) {
          capture?.abort();
          throw error;
        }
      },
      cancel(reason) {
        capture?.abort();
        return reader.cancel(reason);
      },
    },
    { highWaterMark: 0 },
  );
}

/**
 * Reads a body for `capture` alone, and no further than that wants it or `signal` allows. Resolves when that is done;
 * never rejects.
 */
export async function drain(
  reader: PieceReader<Octets>,
  capture: Capture | undefined,
  signal: AbortSignal,
): Promise<void> {
  try {
    while (capture !== undefined) {
      const { done, value } = await reader.read();
      if (done) {
        capture.end();
        return;
      }
      if (signal.aborted || !capture.write(value)) break;
    }
    capture?.abort();
    await reader.cancel();
  } catch {
    capture?.abort();
  }
}

/** One piece of many; the very same if there is only one. */
export function joined(pieces: readonly Octets[]): Octets {
  const [only] = pieces;
  if (only !== undefined && pieces.length === 1) return only;
  const whole = new Uint8Array(pieces.reduce((length, piece) => length + piece.byteLength, 0));
  let at = 0;
  for (const piece of pieces) {
    whole.set(piece, at);
    at += piece.byteLength;
  }
  return whole;
}
