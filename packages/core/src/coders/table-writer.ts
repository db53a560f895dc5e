import { toBase64url } from "../base64.ts";
import { CachetteError, isCachetteError } from "../errors.ts";
import { indicesOf } from "../indices.ts";
import { ERROR_NAMES, hasSymbolKeys, kindOf } from "../kind.ts";
import { pathOf, type Step } from "../path.ts";
import { HIDDEN, PREFIX, VIEWS } from "./table.ts";

/** Holes are written one by one, so that reading takes no length from a number; this bounds what they can add. */
const mostHoles = 1_000_000;

type Properties = Record<string, unknown>;

/**
 * Writes a value as the text of a table (see `table.ts`), object by object in the order of their discovery, without
 * recursion, each once: in time and space that grow with the number of objects, however they are linked.
 *
 * @throws CachetteError `ENCODE_UNSUPPORTED`, naming the place
 */
export function writeTable(value: unknown): string {
  return new TableWriter().write(value);
}

class TableWriter {
  /** The objects by node; the first node has number 1. `undefined` stands in the place of the root cell. */
  readonly #objects: (object | undefined)[] = [undefined];
  readonly #numbers = new Map<object, number>();
  /** For each object the one that it was found in, and under which name or as which item. */
  readonly #parents: number[] = [0];
  readonly #steps: (string | number)[] = [""];
  readonly #views: number[] = [];
  /** The buffers that a view covers the whole of. */
  readonly #covered = new Set<ArrayBufferLike>();
  #current = 0;
  #holes = 0;

  write(value: unknown): string {
    try {
      const table: unknown[] = [this.#cell(value, "")];
      for (let number = 1; number < this.#objects.length; number++) {
        this.#current = number;
        table.push(this.#node(this.#objects[number] as object));
      }
      for (const number of this.#views) table[number] = this.#viewNode(this.#objects[number] as ArrayBufferView);
      return PREFIX + JSON.stringify(table);
    } catch (cause) {
      if (isCachetteError(cause)) throw cause;
      // A getter that throws, a detached buffer, a text that outgrows what a string can hold.
      const message = "This value cannot be stored, since reading it failed.";
      throw new CachetteError({ code: "ENCODE_UNSUPPORTED", message, option: this.#path(this.#current), cause });
    }
  }

  #cell(value: unknown, step: string | number): unknown {
    switch (typeof value) {
      case "string":
      case "boolean":
        return value;
      case "number":
        if (value === 0) return 1 / value > 0 ? 0 : ["-0"];
        return Number.isFinite(value) ? value : [`${value}`];
      case "undefined":
        return ["undefined"];
      case "bigint":
        return [`${value.toString(16)}n`];
      case "object":
        return value === null ? null : [this.#number(value, step)];
      default:
        throw this.#refusal("data", value, this.#path(this.#current, step));
    }
  }

  #number(value: object, step: string | number): number {
    let number = this.#numbers.get(value);
    if (number === undefined) {
      number = this.#objects.push(value) - 1;
      this.#numbers.set(value, number);
      this.#parents.push(this.#current);
      this.#steps.push(step);
    }
    return number;
  }

  #node(value: object): unknown {
    if (hasSymbolKeys(value)) throw this.#refusal("no properties under symbols", value);
    const kind = kindOf(value);
    switch (kind) {
      case "Object":
        return this.#properties(value, Object.keys(value));
      case "null":
        return ["o", this.#properties(value, Object.keys(value))];
      case "Array":
        return this.#array(value as unknown[]);
      case undefined:
        throw this.#refusal("data", value);
    }
    if (VIEWS.has(kind)) return this.#view(value as ArrayBufferView);
    if (ERROR_NAMES.has(kind)) return this.#error(value, kind);
    if (Object.keys(value).length > 0) throw this.#refusal(`a ${kind} without properties of its own`, value);
    switch (kind) {
      case "Date": {
        const time = Date.prototype.getTime.call(value);
        return ["d", Number.isNaN(time) ? null : time];
      }
      case "Map":
        return this.#map(value as Map<unknown, unknown>);
      case "Set":
        return this.#set(value as Set<unknown>);
      case "ArrayBuffer":
        return ["b", toBase64url(new Uint8Array(value as ArrayBuffer))];
      default:
        throw this.#refusal("data", value);
    }
  }

  #properties(value: object, keys: readonly string[]): Properties {
    const node: Properties = {};
    for (const key of keys) {
      const cell = this.#cell((value as Properties)[key], key);
      // An assignment to this name would set the prototype.
      if (key === "__proto__") Object.defineProperty(node, key, { value: cell, enumerable: true });
      else node[key] = cell;
    }
    return node;
  }

  #array(value: readonly unknown[]): unknown[] {
    const indices = indicesOf(value);
    if (indices === undefined) throw this.#refusal("an array without named properties", value);
    const node: unknown[] = ["a"];
    if (indices === "dense") {
      for (let index = 0; index < value.length; index++) node.push(this.#cell(value[index], index));
      return node;
    }
    this.#holes += value.length - indices.length;
    if (this.#holes > mostHoles) throw this.#refusal(`at most ${mostHoles} holes in arrays`, value);
    for (const index of indices) {
      while (node.length <= index) node.push([]);
      node.push(this.#cell(value[index], index));
    }
    while (node.length <= value.length) node.push([]);
    return node;
  }

  #map(map: ReadonlyMap<unknown, unknown>): unknown[] {
    const node: unknown[] = ["m"];
    Map.prototype.forEach.call(map, (value, key) => {
      node.push(this.#cell(key, node.length - 1));
      node.push(this.#cell(value, node.length - 1));
    });
    return node;
  }

  #set(set: ReadonlySet<unknown>): unknown[] {
    const node: unknown[] = ["s"];
    Set.prototype.forEach.call(set, (member) => {
      node.push(this.#cell(member, node.length - 1));
    });
    return node;
  }

  #error(error: object, kind: string): unknown[] {
    const hidden = HIDDEN.filter((key) => Object.getOwnPropertyDescriptor(error, key)?.enumerable === false);
    return ["e", kind, this.#properties(error, hidden), this.#properties(error, Object.keys(error))];
  }

  /**
   * Whether a view shares its buffer is only known once all objects are. A buffer belongs to the value if it is in it, or
   * if two views cover the whole of it; around a small Buffer of Node, by contrast, lies memory of others.
   */
  #view(view: ArrayBufferView): undefined {
    const { buffer } = view;
    if (kindOf(buffer) !== "ArrayBuffer") throw this.#refusal("memory that is not shared", buffer);
    if (view.byteLength === buffer.byteLength) {
      if (this.#covered.has(buffer)) this.#number(buffer, "buffer");
      this.#covered.add(buffer);
    }
    this.#views.push(this.#current);
  }

  #viewNode(view: ArrayBufferView & { readonly length?: number }): unknown[] {
    const { buffer, byteOffset, byteLength } = view;
    const kind = kindOf(view) as string;
    const number = this.#numbers.get(buffer);
    if (number === undefined) return ["v", kind, toBase64url(new Uint8Array(buffer, byteOffset, byteLength))];
    const whole = byteLength === buffer.byteLength;
    return whole ? ["v", kind, [number]] : ["v", kind, [number], byteOffset, view.length ?? byteLength];
  }

  #refusal(expected: string, received: unknown, option = this.#path(this.#current)): CachetteError {
    const remedy =
      received instanceof Promise
        ? "Await it before it is stored."
        : "Store plain data in its place, or use a coder of your own.";
    return new CachetteError({ code: "ENCODE_UNSUPPORTED", option, expected, received, remedy });
  }

  /** The path to an object, or to what it holds as `last`. */
  #path(number: number, last?: string | number): string {
    const steps: Step[] = [];
    if (last !== undefined && number > 0) steps.push(this.#stepFrom(number, last));
    for (let at = number; at > 0; at = this.#parents[at] as number) {
      const parent = this.#parents[at] as number;
      if (parent > 0) steps.push(this.#stepFrom(parent, this.#steps[at] as string | number));
    }
    return pathOf("value", steps.reverse());
  }

  /** The items of a Map are counted with keys and values in turn. */
  #stepFrom(parent: number, step: string | number): Step {
    const kind = typeof step === "number" ? kindOf(this.#objects[parent] as object) : undefined;
    if (kind === "Map") return { of: (step as number) % 2 === 0 ? "keys" : "values", index: (step as number) >> 1 };
    return kind === "Set" ? { of: "values", index: step as number } : step;
  }
}
