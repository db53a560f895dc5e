import { digest } from "./digest.ts";
import { CachetteError, isCachetteError } from "./errors.ts";
import { toHex } from "./hex.ts";
import { indicesOf } from "./indices.ts";
import { hasSymbolKeys, kindOf } from "./kind.ts";
import { pathOf, type Step } from "./path.ts";

/** Bytes up to this many are written out; more are written as their number and digest. */
const writtenBytes = 32;

/** Texts up to this length are looked through here, which is faster than a call of `JSON.stringify`. */
const shortText = 64;

const deepest = 500;
const mostObjects = 1_000_000;

const remedy = "Pass a `key` function that makes the key from the arguments, or use a key builder of your own.";

/**
 * The arguments of a call as text, in one canonical form: `42,"abc",{"a":1}`. Two lists of arguments have the same text
 * if and only if they are equal throughout (see {@link canonical}).
 *
 * `undefined` at the end counts as absent, so that `f(1)` and `f(1, undefined)` share an entry, as they would by
 * JavaScript's rule for parameters with a default.
 *
 * @throws CachetteError `KEY_UNSUPPORTED`, naming the place (`arguments[1].user`)
 */
export function canonicalArguments(values: readonly unknown[]): string {
  let length = values.length;
  while (length > 0 && values[length - 1] === undefined) length--;
  let text = "";
  for (let index = 0; index < length; index++) {
    const value = values[index];
    if (index > 0) text += ",";
    text += primitive(value) ?? new Writer(`arguments[${index}]`).text(value);
  }
  return text;
}

/**
 * A value as text, in one canonical form that a person can read. Values that are equal throughout give the same text,
 * values that differ anywhere give different texts:
 *
 * - texts are JSON strings, numbers are written as JavaScript does; `0` and `-0` differ, as do `1`, `1n` and `"1"`;
 * - `undefined`, `null`, a hole in an array and an absent property all differ;
 * - the order of properties, of Map entries and of Set members does not matter;
 * - an object without a prototype equals a plain one with the same properties;
 * - Dates, regular expressions, URLs, ArrayBuffers, their views and Buffers carry the name of their class. More than 32
 *   bytes are written as their number and their SHA-256 digest;
 * - how often an object is shared does not matter, only what it holds.
 *
 * Other values have no text: functions, symbols, promises, instances of classes, errors, cycles, arrays with named
 * properties, properties under symbols, and what is nested deeper than 500 levels.
 *
 * @param root what the path in an error begins with
 * @throws CachetteError `KEY_UNSUPPORTED`
 */
export function canonical(value: unknown, root = "value"): string {
  return primitive(value) ?? new Writer(root).text(value);
}

/** The text of a value that is no object and has a text. */
function primitive(value: unknown): string | undefined {
  switch (typeof value) {
    case "string":
      return isPlain(value) ? `"${value}"` : JSON.stringify(value);
    case "number":
      return value === 0 && 1 / value < 0 ? "-0" : `${value}`;
    case "boolean":
      return value ? "true" : "false";
    case "undefined":
      return "undefined";
    case "bigint":
      return bigint(value);
    default:
      return value === null ? "null" : undefined;
  }
}

/** Whether a text is short and its JSON is the same text in quotes. */
function isPlain(text: string): boolean {
  if (text.length > shortText) return false;
  for (let index = 0; index < text.length; index++) {
    const code = text.charCodeAt(index);
    // Quotes, backslashes, control characters, and surrogates, which JSON escapes when they stand alone.
    if (code < 0x20 || code === 0x22 || code === 0x5c || (code & 0xf800) === 0xd800) return false;
  }
  return true;
}

/** In decimal digits while it is short; finding those of a long one takes time that grows with the square of its length. */
function bigint(value: bigint): string {
  if (BigInt.asIntN(64, value) === value) return `${value}n`;
  return value < 0n ? `-0x${(-value).toString(16)}n` : `0x${value.toString(16)}n`;
}

class Writer {
  readonly #root: string;
  /** The objects that are being written, outermost first. */
  readonly #within: object[] = [];
  /** The step from each of them to the next. */
  readonly #steps: Step[] = [];
  #objects = 0;

  constructor(root: string) {
    this.#root = root;
  }

  text(value: unknown): string {
    try {
      return this.#value(value);
    } catch (cause) {
      if (isCachetteError(cause)) throw cause;
      // A getter that throws, a text that outgrows what a string can hold.
      const message = "A key cannot be made from this value, since reading it failed.";
      throw new CachetteError({ code: "KEY_UNSUPPORTED", message, option: this.#path(1), remedy, cause });
    }
  }

  #value(value: unknown): string {
    const text = primitive(value);
    if (text !== undefined) return text;
    if (typeof value !== "object" || value === null) throw this.#refusal("data", value);
    if (this.#within.includes(value)) throw this.#refusal("data without a cycle", value);
    if (this.#within.length === deepest) throw this.#refusal(`at most ${deepest} levels`, value);
    if (++this.#objects > mostObjects) throw this.#refusal(`at most ${mostObjects} objects`, value);
    this.#within.push(value);
    const written = this.#object(value, kindOf(value));
    this.#within.pop();
    return written;
  }

  #at(step: Step, value: unknown): string {
    this.#steps[this.#within.length - 1] = step;
    return this.#value(value);
  }

  #object(value: object, kind: string | undefined): string {
    switch (kind) {
      case "Object":
      case "null":
        return this.#properties(value as Record<string, unknown>);
      case "Array":
        return this.#array(value as unknown[]);
      case "Date":
        return `Date(${dateText(value as Date)})`;
      case "Map":
        return `Map{${this.#map(value as Map<unknown, unknown>)}}`;
      case "Set":
        return `Set{${this.#set(value as Set<unknown>)}}`;
      case "RegExp":
        return `RegExp(${regExpText(value as RegExp)})`;
      case "URL":
        return `URL(${JSON.stringify((value as URL).href)})`;
      case "ArrayBuffer":
        return `ArrayBuffer(${bytesText(new Uint8Array(value as ArrayBuffer))})`;
    }
    if (kind === undefined || !ArrayBuffer.isView(value)) throw this.#refusal("data", value, 1);
    return `${kind}(${bytesText(new Uint8Array(value.buffer, value.byteOffset, value.byteLength))})`;
  }

  #properties(value: Record<string, unknown>): string {
    if (hasSymbolKeys(value)) throw this.#refusal("no properties under symbols", value, 1);
    let text = "";
    for (const key of Object.keys(value).sort()) {
      text += `${text === "" ? "{" : ","}${primitive(key)}:${this.#at(key, value[key])}`;
    }
    return text === "" ? "{}" : `${text}}`;
  }

  #array(value: readonly unknown[]): string {
    const indices = indicesOf(value);
    if (indices === undefined) throw this.#refusal("an array without named properties", value, 1);
    if (hasSymbolKeys(value)) throw this.#refusal("no properties under symbols", value, 1);
    if (indices === "dense") return `[${value.map((item, index) => this.#at(index, item)).join()}]`;
    // A run of holes is written as their number: an array may have four thousand million of them.
    const parts: string[] = [];
    let next = 0;
    for (const index of indices) {
      if (index > next) parts.push(`hole*${index - next}`);
      parts.push(this.#at(index, value[index]));
      next = index + 1;
    }
    if (value.length > next) parts.push(`hole*${value.length - next}`);
    return `[${parts.join()}]`;
  }

  #map(map: ReadonlyMap<unknown, unknown>): string {
    const entries: string[] = [];
    Map.prototype.forEach.call(map, (value, key) => {
      const index = entries.length;
      entries.push(`${this.#at({ of: "keys", index }, key)}=>${this.#at({ of: "values", index }, value)}`);
    });
    return entries.sort().join();
  }

  #set(set: ReadonlySet<unknown>): string {
    const members: string[] = [];
    Set.prototype.forEach.call(set, (member) => {
      members.push(this.#at({ of: "values", index: members.length }, member));
    });
    return members.sort().join();
  }

  /** `entered` is 1 when `received` itself is already among the objects that are being written. */
  #refusal(expected: string, received: unknown, entered = 0): CachetteError {
    return new CachetteError({ code: "KEY_UNSUPPORTED", option: this.#path(entered), expected, received, remedy });
  }

  #path(entered: number): string {
    return pathOf(this.#root, this.#steps.slice(0, Math.max(0, this.#within.length - entered)));
  }
}

function dateText(date: Date): string {
  const time = Date.prototype.getTime.call(date);
  return Number.isNaN(time) ? "NaN" : new Date(time).toISOString();
}

function regExpText({ source, flags, lastIndex }: RegExp): string {
  return `${JSON.stringify(source)},"${flags}"${lastIndex === 0 ? "" : `,${lastIndex}`}`;
}

function bytesText(bytes: Uint8Array): string {
  return bytes.length > writtenBytes ? `${bytes.length}:${digest(bytes, "hex")}` : toHex(bytes);
}
