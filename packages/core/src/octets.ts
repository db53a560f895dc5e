/** What stands in an entry in place of a value whose payload is a text that stands for octets, a character for each. */
export const octets = Symbol("octets");

/** Of longer ones, what an array takes beside its octets is a small part, and what it takes to read them is not. */
const longest = 2_048;

/**
 * Octets as a text that engines keep with one byte a character, which spares the 170 bytes and the work for the collector
 * that an array is beside its octets. `undefined` where they are many, or the platform has no `Buffer` to do it quickly.
 */
export function textOfOctets(bytes: Uint8Array): string | undefined {
  const { Buffer } = platform;
  if (Buffer === undefined || bytes.length > longest) return undefined;
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString("latin1");
}

/** The octets again, in an array of their own. */
export function octetsOfText(text: string): Uint8Array {
  const { Buffer } = platform;
  if (Buffer === undefined) throw new TypeError("There is no Buffer any more");
  const { buffer, byteOffset, length } = Buffer.from(text, "latin1");
  return new Uint8Array(buffer, byteOffset, length);
}

/** What Node, Bun and Deno have, and Workers if they are told to. */
const platform = globalThis as unknown as { readonly Buffer?: Buffers };

interface Buffers {
  from(buffer: ArrayBufferLike, byteOffset: number, length: number): { toString(encoding: "latin1"): string };
  from(text: string, encoding: "latin1"): Uint8Array;
}
