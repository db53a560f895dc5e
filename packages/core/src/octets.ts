/** What stands in an entry in place of a value whose payload is a text that stands for octets, a character for each. */
export const octets = Symbol("octets");

/** Of longer ones, what an array takes beside its octets is a small part, and what it takes to read them is not. */
const longest = 2_048;

/**
 * Octets as a text that engines keep with one byte a character, which spares the 170 bytes and the work for the collector
 * that an array is beside its octets. `undefined` where they are many, where the platform has no `Buffer` to do it quickly,
 * and for arrays of another class, such as a `Buffer`: who made one may rely on what it can do.
 */
export function textOfOctets(bytes: Uint8Array): string | undefined {
  const { Buffer } = platform;
  if (Buffer === undefined || bytes.length > longest) return undefined;
  if (Object.getPrototypeOf(bytes) !== Uint8Array.prototype) return undefined;
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString("latin1");
}

/** The octets again, in an array of their own. */
export function octetsOfText(text: string): Uint8Array {
  const { Buffer } = platform;
  if (Buffer === undefined) throw new TypeError("There is no Buffer any more");
  const bytes = Buffer.allocUnsafeSlow(text.length);
  bytes.write(text, "latin1");
  return new Uint8Array(bytes.buffer);
}

/** What Node, Bun and Deno have, and Workers if they are told to. */
const platform = globalThis as unknown as { readonly Buffer?: Buffers };

interface Buffers {
  from(buffer: ArrayBufferLike, byteOffset: number, length: number): { toString(encoding: "latin1"): string };
  /** Not from a pool: the buffer behind it has these octets and no others. */
  allocUnsafeSlow(length: number): Uint8Array & { write(text: string, encoding: "latin1"): number };
}
