import { checkBoolean, checkObject } from "../checks.ts";
import { invalidOption } from "../errors.ts";

/** Which parts of a query count. Names are compared as a form would have them: `%71` and `q` are the same. */
export interface QueryOptions {
  /** Only the pairs with these names count. Not along with `ignore`. */
  readonly include?: readonly string[];
  /** All pairs count but those with these names. Not along with `include`. */
  readonly ignore?: readonly string[];
  /** `true`: the order of names does not count; that of the values of one name does. Default: `false`. */
  readonly sort?: boolean;
}

/** Makes of a target the one that counts: both the key and the handler have it, and see nothing else. */
export class QueryFilter {
  readonly #keeps: (name: string) => boolean;
  readonly #all: boolean;
  readonly #sort: boolean;

  /** @throws CachetteError `OPTION_INVALID` */
  constructor(options: QueryOptions) {
    checkObject("query", options, ["include", "ignore", "sort"]);
    const { include, ignore, sort = false } = options;
    if (include !== undefined && ignore !== undefined) {
      throw invalidOption("query", "include or ignore, not both", options);
    }
    const listed = new Set(names("query.include", include) ?? names("query.ignore", ignore));
    this.#keeps = include === undefined ? (name) => !listed.has(name) : (name) => listed.has(name);
    this.#all = include === undefined && listed.size === 0;
    this.#sort = checkBoolean("query.sort", sort);
  }

  /** The pairs that are kept stay as they were written; without any, there is no `?` either. */
  targetOf(url: string): string {
    const at = url.indexOf("?");
    if (at < 0 || (this.#all && !this.#sort)) return url;
    const path = url.slice(0, at);
    const kept = pairsOf(url).filter(({ name }) => this.#keeps(name));
    // The sort is stable: pairs of one name stay in their order.
    if (this.#sort) kept.sort((left, right) => compare(left.name, right.name));
    return kept.length === 0 ? path : `${path}?${kept.map(({ text }) => text).join("&")}`;
  }
}

interface Pair {
  readonly name: string;
  /** As written. */
  readonly text: string;
}

function pairsOf(url: string): Pair[] {
  const at = url.indexOf("?");
  if (at < 0) return [];
  return url
    .slice(at + 1)
    .split("&")
    .map((text) => ({ name: nameIn(text), text }));
}

/** The names in the query of a target, decoded, in their order, each as often as it is there. */
export function queryNames(url: string): string[] {
  return pairsOf(url).map(({ name }) => name);
}

function nameIn(text: string): string {
  const at = text.indexOf("=");
  const name = at < 0 ? text : text.slice(0, at);
  if (!/[%+]/.test(name)) return name;
  // Behind an `&`, as a question mark at the very beginning would be dropped.
  const [[decoded] = [name]] = [...new URLSearchParams(`&${name}`)];
  return decoded;
}

function compare(left: string, right: string): number {
  return left < right ? -1 : left > right ? 1 : 0;
}

function names(option: string, value: readonly string[] | undefined): readonly string[] | undefined {
  if (value === undefined || (Array.isArray(value) && value.every((name) => typeof name === "string"))) return value;
  throw invalidOption(option, "a list of names", value);
}
