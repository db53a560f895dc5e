import { fromBase64url } from "../base64.ts";
import { CachetteError } from "../errors.ts";
import { builtin, ERROR_NAMES } from "../kind.ts";
import { CONSTANTS, PREFIX, VIEWS } from "./table.ts";

type Properties = Record<string, unknown>;

/** What makes a view of any class from a buffer. */
type ViewConstructor = new (buffer: ArrayBuffer, offset?: number, length?: number) => ArrayBufferView;

/** As much of Node's Buffer as is needed here. */
interface BufferClass {
  from(buffer: ArrayBuffer, offset: number, length: number): Uint8Array;
}

const bigint = /^(-?)([0-9a-f]+)n$/;

/**
 * Reads a text that {@link writeTable} has made (see `table.ts`). The text may be hostile: every node is turned into one
 * object, lengths come from what is there and never from a number, the only classes are built-in ones from a closed
 * list, and properties are only ever an object's own.
 *
 * @throws CachetteError `DECODE_FAILED`, or an error of the language, when the text is no such table
 */
export function readTable(text: string): unknown {
  if (!text.startsWith(PREFIX)) throw malformed("a table of this version");
  const table: unknown = JSON.parse(text.slice(PREFIX.length));
  if (!Array.isArray(table) || table.length === 0) throw malformed("a table");
  return new TableReader(table).read();
}

class TableReader {
  readonly #table: readonly unknown[];
  /** The object of each node; nothing in the place of the root cell. */
  readonly #objects: (object | undefined)[] = [undefined];

  constructor(table: readonly unknown[]) {
    this.#table = table;
  }

  read(): unknown {
    const table = this.#table;
    for (let number = 1; number < table.length; number++) this.#objects.push(create(table[number]));
    for (let number = 1; number < table.length; number++) {
      // Views come after the buffers that they refer to.
      this.#objects[number] ??= this.#sharedView(table[number] as unknown[]);
    }
    for (let number = 1; number < table.length; number++) this.#fill(this.#objects[number] as object, table[number]);
    return this.#value(table[0]);
  }

  #value(cell: unknown): unknown {
    return typeof cell === "object" && cell !== null ? this.#reference(cell) : cell;
  }

  #reference(cell: object): unknown {
    if (!Array.isArray(cell) || cell.length !== 1) throw malformed("a cell");
    const reference: unknown = cell[0];
    if (typeof reference === "number") {
      const found = this.#objects[reference];
      if (found === undefined) throw malformed("the number of a node");
      return found;
    }
    if (typeof reference !== "string") throw malformed("a cell");
    if (CONSTANTS.has(reference)) return CONSTANTS.get(reference);
    const [, sign, digits] = bigint.exec(reference) ?? [];
    if (digits === undefined) throw malformed("a constant");
    // In hexadecimal digits this takes time that grows with their number, in decimal ones with its square.
    const size = BigInt(`0x${digits}`);
    return sign === "-" ? -size : size;
  }

  #fill(target: object, node: unknown): void {
    if (!Array.isArray(node)) {
      this.#properties(target as Properties, node as Properties);
      return;
    }
    switch (node[0]) {
      case "a":
        this.#items(target as unknown[], node);
        break;
      case "m":
        for (let at = 1; at < node.length; at += 2) {
          (target as Map<unknown, unknown>).set(this.#value(node[at]), this.#value(node[at + 1]));
        }
        break;
      case "s":
        for (let at = 1; at < node.length; at++) (target as Set<unknown>).add(this.#value(node[at]));
        break;
      case "o":
        this.#properties(target as Properties, node[1]);
        break;
      case "e":
        this.#define(target, node[2], false);
        this.#define(target, node[3], true);
        break;
    }
  }

  /**
   * Of a plain object, node and target are one and the same: what JSON.parse has made of it. It has each name as an own
   * property already, `__proto__` too, so that an assignment meets no setter. A target without a prototype has none.
   */
  #properties(target: Properties, node: Properties): void {
    for (const key of Object.keys(node)) {
      const cell = node[key];
      if (target !== node || (typeof cell === "object" && cell !== null)) target[key] = this.#value(cell);
    }
  }

  #items(target: unknown[], node: readonly unknown[]): void {
    for (let at = 1; at < node.length; at++) {
      const cell = node[at];
      if (Array.isArray(cell) && cell.length === 0) target.length++;
      else target.push(this.#value(cell));
    }
  }

  #define(target: object, node: Properties, enumerable: boolean): void {
    for (const key of Object.keys(node)) {
      const value = this.#value(node[key]);
      Object.defineProperty(target, key, { value, enumerable, writable: true, configurable: true });
    }
  }

  #sharedView([, name, cell, ...range]: readonly unknown[]): object {
    const buffer = this.#value(cell);
    if (!(buffer instanceof ArrayBuffer) || !(range.length === 0 || range.length === 2) || !range.every(isSize)) {
      throw malformed("a view of a buffer");
    }
    return viewOf(name as string, buffer, ...range);
  }
}

/** The object of a node, still without what it holds; nothing for a view that refers to another node. */
function create(node: unknown): object | undefined {
  if (!Array.isArray(node)) {
    if (isObject(node)) return node;
    throw malformed("a node");
  }
  const [tag, first, second, third] = node as unknown[];
  switch (tag) {
    case "a":
      return [];
    case "m":
      if (node.length % 2 === 1) return new Map();
      break;
    case "s":
      return new Set();
    case "o":
      if (node.length === 2 && isObject(first)) return Object.create(null);
      break;
    case "d":
      if (node.length === 2 && first === null) return new Date(Number.NaN);
      if (node.length === 2 && typeof first === "number") return new Date(first);
      break;
    case "e":
      if (node.length === 4 && isObject(second) && isObject(third)) return errorOf(first);
      break;
    case "b":
      if (node.length === 2) return bytesOf(first);
      break;
    case "v":
      if (typeof first !== "string" || !VIEWS.has(first)) break;
      if (node.length !== 3 || typeof second !== "string") return undefined;
      return viewOf(first, bytesOf(second));
  }
  throw malformed("a node");
}

/** An error with nothing of its own: message and stack come from the node, if it had any. */
function errorOf(name: unknown): object {
  if (typeof name !== "string" || !ERROR_NAMES.has(name)) throw malformed("a class of errors");
  const error = name === "AggregateError" ? new AggregateError([]) : new (builtin(name) as ErrorConstructor)();
  for (const key of Object.getOwnPropertyNames(error)) Reflect.deleteProperty(error, key);
  return error;
}

function bytesOf(text: unknown): ArrayBuffer {
  const bytes = typeof text === "string" ? fromBase64url(text) : undefined;
  if (bytes === undefined) throw malformed("base64url");
  return bytes.buffer;
}

/** Throws the RangeError of the class when the range does not lie in the buffer or does not suit the class. */
function viewOf(name: string, buffer: ArrayBuffer, offset?: number, length?: number): object {
  const known = builtin(name);
  if (name === "Buffer") {
    const bytes = new Uint8Array(buffer, offset, length);
    return known === undefined ? bytes : (known as BufferClass).from(buffer, bytes.byteOffset, bytes.length);
  }
  if (known === undefined) throw malformed("a class that this runtime has");
  return new (known as ViewConstructor)(buffer, offset, length);
}

function isObject(value: unknown): value is Properties {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function isSize(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

function malformed(expected: string): CachetteError {
  return new CachetteError({ code: "DECODE_FAILED", expected });
}
