import type { Coder } from "./coders/coder.ts";
import { invalidOption } from "./errors.ts";

/** Refuses what is no object, and names that are not known: a misspelt option must not pass in silence. */
export function checkObject(where: string, value: object, names: readonly string[]): void {
  if (typeof value !== "object" || value === null) throw invalidOption(where, "an object", value);
  for (const name of Object.keys(value)) {
    if (!names.includes(name)) throw invalidOption(name, `one of ${names.join(", ")} in ${where}`, name);
  }
}

export function checkFunction(option: string, value: unknown): void {
  if (value !== undefined && typeof value !== "function") throw invalidOption(option, "a function", value);
}

export function checkBoolean(option: string, value: boolean): boolean {
  if (typeof value !== "boolean") throw invalidOption(option, "true or false", value);
  return value;
}

export function checkTags(value: readonly string[]): readonly string[] {
  if (Array.isArray(value) && value.every((tag) => typeof tag === "string" && tag !== "")) return value;
  throw invalidOption("tags", "a list of texts that are not empty", value);
}

export function checkCoder(coder: Coder): Coder {
  if (typeof coder?.encode === "function" && typeof coder.decode === "function") return coder;
  throw invalidOption("coder", "an object with the functions encode and decode", coder);
}
