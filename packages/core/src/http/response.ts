/** Header fields in the order of their lines, names as written by the handler, one pair for each line. */
export type HeaderFields = readonly (readonly [name: string, value: string])[];

/** Status and header fields of an answer. */
export interface ResponseHead {
  readonly status: number;
  readonly fields: HeaderFields;
}

/**
 * Octets, or a text of ASCII alone, which is the same octets in every coding that HTTP knows: Node writes it together with
 * the head in one piece, which takes half the time.
 */
export type Body = Uint8Array | string;

/** In octets. */
export function lengthOf(body: Body): number {
  return typeof body === "string" ? body.length : body.byteLength;
}

/** An answer with its whole body. Nothing of it is ever changed: all readers of an entry get the same one. */
export interface StoredResponse extends ResponseHead {
  readonly body: Body;
  /** Milliseconds that it had already aged when it was stored: the `Age` it came with. */
  readonly age: number;
  /**
   * The `Cache-Control` by which it was judged, where that is not the one in `fields`: earlier middleware had set it, or
   * nobody had, and the one in `fields` is the cache's own.
   */
  readonly control?: string;
  /** The `ETag` in `fields` is the cache's own; the handler knows nothing of it. */
  readonly tagged?: boolean;
  /** Nobody had said how long clients may keep it, and `fields` do not say so either: each reply gets it anew. */
  readonly open?: boolean;
}

/** An answer to be sent as it is, in place of what the handler would say. */
export interface Reply extends ResponseHead {
  /** `undefined`: no body at all (304, or the answer to HEAD), whatever `content-length` says. */
  readonly body: Body | undefined;
}
