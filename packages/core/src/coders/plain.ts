import { indicesOf } from "../indices.ts";

/** Deeper values are left to the table, so that neither this nor `JSON.stringify` meets the end of the stack. */
const deepest = 200;

/** Up to this many objects a list is faster to look through than a Set. */
const shortList = 16;

/**
 * Whether `JSON.parse(JSON.stringify(value))` gives back the value as it is: nothing in it but plain objects and dense
 * arrays of finite numbers other than -0, texts, booleans and `null`, and no object twice.
 */
export function isPlain(value: unknown): boolean {
  return isPlainItem(value, deepest, new Seen());
}

function isPlainItem(value: unknown, levels: number, seen: Seen): boolean {
  switch (typeof value) {
    case "string":
    case "boolean":
      return true;
    case "number":
      return isPlainNumber(value);
    case "object":
      return value === null || isPlainObject(value, levels, seen);
    default:
      return false;
  }
}

function isPlainNumber(value: number): boolean {
  return value === 0 ? 1 / value > 0 : value - value === 0;
}

// The loops tell primitives themselves: a call for each would take longer than all the rest.
function isPlainObject(value: object, levels: number, seen: Seen): boolean {
  if (levels === 0 || !seen.add(value)) return false;
  // JSON.stringify would call it, also where it is inherited or hidden.
  if (typeof (value as { toJSON?: unknown }).toJSON === "function") return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype === Object.prototype) {
    if (Object.getOwnPropertySymbols(value).length > 0) return false;
    // Inherited names would come up as well; they only make this answer no more often.
    for (const key in value) {
      const item = (value as Record<string, unknown>)[key];
      const type = typeof item;
      if (type === "string" || type === "boolean") continue;
      if (!isPlainItem(item, levels - 1, seen)) return false;
    }
    return true;
  }
  if (prototype !== Array.prototype || !Array.isArray(value) || indicesOf(value) !== "dense") return false;
  if (Object.getOwnPropertySymbols(value).length > 0) return false;
  for (let index = 0; index < value.length; index++) {
    const item: unknown = value[index];
    const type = typeof item;
    if (type === "string" || type === "boolean") continue;
    if (!isPlainItem(item, levels - 1, seen)) return false;
  }
  return true;
}

class Seen {
  readonly #list: object[] = [];
  #set: Set<object> | undefined;

  /** Whether the object is new. */
  add(value: object): boolean {
    if (this.#set !== undefined) {
      const before = this.#set.size;
      return this.#set.add(value).size > before;
    }
    if (this.#list.includes(value)) return false;
    if (this.#list.push(value) > shortList) this.#set = new Set(this.#list);
    return true;
  }
}
