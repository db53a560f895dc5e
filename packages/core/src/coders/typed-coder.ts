import { CachetteError, isCachetteError } from "../errors.ts";
import { kindOf } from "../kind.ts";
import type { Coder } from "./coder.ts";
import { isPlain } from "./plain.ts";
import { MARK } from "./table.ts";
import { readTable } from "./table-reader.ts";
import { writeTable } from "./table-writer.ts";

/**
 * The default coder: what goes in comes out.
 *
 * A value that is plain JSON is stored as its JSON, and read by one `JSON.parse`. Any other value is stored as a table of
 * its objects, which keeps `undefined`, `-0`, `NaN`, infinities, bigints, Dates, Maps, Sets, ArrayBuffers, typed arrays,
 * DataViews, Node's Buffers, holes in arrays, objects without a prototype, the language's own errors with their cause
 * and own properties, and which object is the same as which other, cycles included. Bytes (a `Uint8Array` as the whole
 * value) are stored as bytes.
 *
 * Functions, symbols, promises, weak collections, boxed primitives, regular expressions, instances of classes, arrays
 * with named properties and properties under symbols are refused: the error says where it is.
 * Getters, non-enumerable and frozen properties come back as ordinary ones; so does the fixed length of a resizable buffer.
 */
export const typedCoder: Coder = {
  name: "typed",

  /** @throws CachetteError `ENCODE_UNSUPPORTED` */
  encode(value) {
    if (ArrayBuffer.isView(value) && kindOf(value) === "Uint8Array") return new Uint8Array(value as Uint8Array);
    try {
      if (isPlain(value)) return JSON.stringify(value);
    } catch {
      // Little of the stack was left, or a getter has thrown: the table needs no stack, and says where.
    }
    return writeTable(value);
  },

  /** @throws CachetteError `DECODE_FAILED` */
  decode(encoded) {
    if (typeof encoded !== "string") return new Uint8Array(encoded);
    try {
      return encoded.charCodeAt(0) === MARK ? readTable(encoded) : JSON.parse(encoded);
    } catch (error) {
      // Errors of JSON.parse quote the text, which is someone's data.
      throw isCachetteError(error)
        ? error
        : new CachetteError({ code: "DECODE_FAILED", expected: "what the coder makes" });
    }
  },
};
