/** The classes of errors that the language itself has. */
export const ERROR_NAMES: ReadonlySet<string> = new Set([
  "Error",
  "AggregateError",
  "EvalError",
  "RangeError",
  "ReferenceError",
  "SyntaxError",
  "TypeError",
  "URIError",
]);

const nativeCode = /^function \w+\(\)\s*\{\s*\[native code\]\s*\}$/;

/**
 * The name of the built-in class that an object is a direct instance of: `"Object"` for a plain object, `"null"` for one
 * without a prototype, `"Map"`, `"TypeError"`, `"Buffer"` and so on. `undefined` for instances of any other class, also
 * of one that extends a built-in. Objects of another realm (a `node:vm` context, where some test runners run) count.
 */
export function kindOf(value: object): string | undefined {
  const prototype: object | null = Object.getPrototypeOf(value);
  if (prototype === Object.prototype) return "Object";
  if (prototype === null) return "null";
  const tag = Object.prototype.toString.call(value).slice(8, -1);
  if (isDirectly(prototype, tag)) return tag;
  if (tag === "Uint8Array" && isDirectly(prototype, "Buffer")) return "Buffer";
  if (tag !== "Error") return undefined;
  const name: unknown = prototype.constructor?.name;
  return typeof name === "string" && ERROR_NAMES.has(name) && isDirectly(prototype, name) ? name : undefined;
}

/** The class of that name which this runtime has, if it has one. */
export function builtin(name: string): unknown {
  return (globalThis as unknown as Record<string, unknown>)[name];
}

function isDirectly(prototype: object, name: string): boolean {
  const own = builtin(name);
  if (typeof own === "function" && own.prototype === prototype) return true;
  const foreign: unknown = prototype.constructor;
  return (
    typeof foreign === "function" &&
    foreign.name === name &&
    foreign.prototype === prototype &&
    nativeCode.test(Function.prototype.toString.call(foreign))
  );
}

/** Whether an object has own enumerable properties under symbols, which no text can hold. */
export function hasSymbolKeys(value: object): boolean {
  const symbols = Object.getOwnPropertySymbols(value);
  return symbols.length > 0 && symbols.some((symbol) => Object.prototype.propertyIsEnumerable.call(value, symbol));
}
