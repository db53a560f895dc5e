/**
 * What a coder makes of a value: text or bytes. A backend stores either, and gives back the same kind that it was
 * handed: text stays text, bytes stay bytes.
 */
export type Encoded = string | Uint8Array;

/**
 * Turns values into what a backend can store, and back. Both functions are synchronous and pure: what one process
 * has encoded, another decodes.
 *
 * `encode`
 * - gets whatever a load gave back, `undefined` and `null` included;
 * - answers with text or bytes that belong to the cache from then on: neither the value, nor a buffer inside it, may
 *   be kept or handed out, since the caller is free to change its value afterwards;
 * - throws when the value cannot be stored so that it comes back as it is. The value is then served to its caller and
 *   not stored, and an event tells why. Throwing is better than dropping a part of it.
 *
 * `decode`
 * - gets what `encode` answered, of the same kind. It may also get something else: text of an older version, of
 *   another coder, or of someone hostile who can write to the backend. It must not run code from it, and must not
 *   take memory or time out of proportion to its length;
 * - answers with a new value on each call, which shares nothing with what it was handed: a memory backend may hand out
 *   the same bytes again;
 * - throws when it cannot make sense of what it was handed. The entry then counts as a miss, and an event tells why.
 */
export interface Coder {
  /** A short name for events and messages, such as `"json"`. */
  readonly name?: string;
  /** The value as text or bytes. Throws when it cannot be stored faithfully. */
  encode(value: unknown): Encoded;
  /** The value that `encoded` stands for. Throws when it stands for none. */
  decode(encoded: Encoded): unknown;
}
