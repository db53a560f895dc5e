/**
 * The text that the typed coder makes of a value that is more than plain JSON: the prefix, then a JSON array. Its first
 * item is the cell of the value; the others are nodes, one for each object in it.
 *
 * A cell stands for a value in its place:
 * - a text, a finite number, a boolean or `null` for itself;
 * - `[n]` for the object of node n, so that sharing and cycles survive, and nothing nests deeper than a node;
 * - `["undefined"]`, `["NaN"]`, `["Infinity"]`, `["-Infinity"]`, `["-0"]`; `["-ffn"]` for the bigint -255;
 * - `[]` for a hole in an array.
 *
 * A node is a JSON object for a plain object, of cells under their names, or an array that begins with a tag:
 * - `["a", …cells]` an array; `["s", …cells]` a Set; `["m", …cells]` a Map, keys and values in turn;
 * - `["o", {…}]` an object without a prototype;
 * - `["d", milliseconds]` a Date, `null` for an invalid one;
 * - `["e", class, {…}, {…}]` an error: its hidden properties such as the message, and the others;
 * - `["b", base64url]` an ArrayBuffer;
 * - `["v", class, base64url]` a view with a buffer of its own; `["v", class, [n]]` one that covers the buffer of node n, and
 *   `["v", class, [n], offset, length]` one that covers a part of it. Numbers are in the byte order of the machine.
 */

/** No JSON begins with "!". The digit is the version of the format. */
export const PREFIX = "!1";

/** The character code of the prefix's beginning. */
export const MARK = 0x21;

export const CONSTANTS: ReadonlyMap<string, unknown> = new Map<string, unknown>([
  ["undefined", undefined],
  ["NaN", Number.NaN],
  ["Infinity", Number.POSITIVE_INFINITY],
  ["-Infinity", Number.NEGATIVE_INFINITY],
  ["-0", -0],
]);

/** The classes of views that a node may name. `Buffer` is Node's, and comes back as a `Uint8Array` where there is none. */
export const VIEWS: ReadonlySet<string> = new Set([
  "Buffer",
  "DataView",
  "Int8Array",
  "Uint8Array",
  "Uint8ClampedArray",
  "Int16Array",
  "Uint16Array",
  "Int32Array",
  "Uint32Array",
  "Float16Array",
  "Float32Array",
  "Float64Array",
  "BigInt64Array",
  "BigUint64Array",
]);

/** The properties of an error that are kept although they are not enumerable. */
export const HIDDEN: readonly string[] = ["name", "message", "stack", "cause", "errors"];
