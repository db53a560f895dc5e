import { canonical } from "../canonical.ts";
import { type FieldMap, tokens } from "./fields.ts";
import type { RequestView } from "./request-view.ts";

/**
 * The request fields that an answer varies by and that its key does not hold yet, in lower case and in order; `"*"` if
 * no further request can be told to get the same (RFC 9111 4.1).
 */
export function variesBy(fields: FieldMap, keyed: ReadonlySet<string>): readonly string[] | "*" {
  const names = new Set(tokens(fields.get("vary")));
  if (names.has("*")) return "*";
  return [...names].filter((name) => !keyed.has(name)).sort();
}

/** Stands for all request fields that nothing is known of, among the names that an answer varies by. */
export const anythingElse = "*";

/** What is known of the variants under one key. */
export interface Variants {
  /**
   * The request fields that tell them apart, in lower case and in order. `anythingElse` stands for all fields that
   * nothing is known of: those that are there tell variants apart as well.
   */
  readonly names: readonly string[];
  /** Part of the keys of all variants. With another `id`, those from before are out of reach. */
  readonly id: string;
}

/** An `id` never used before, as far as chance goes; nobody gains anything by guessing it. */
export function newVariants(names: readonly string[]): Variants {
  return { names, id: Math.random().toString(36).slice(2, 12) };
}

/**
 * What is added to the tail of a key to tell the variants apart. A request without a field is a variant of its own.
 * `unknown` gives the names of the fields that nothing is known of.
 */
export function variantTail({ names, id }: Variants, request: RequestView, unknown: () => readonly string[]): string {
  let tail = ` vary=${id}`;
  for (const name of names) {
    const value = name === anythingElse ? unknown().join() : normalise(name, request.header(name));
    tail += ` ${name}=${canonical(value)}`;
  }
  return tail;
}

/** A quoted string, the rest of a value in which one is not closed, or a run of blanks. */
const piece = /"(?:[^"\\]|\\.)*(?:"|$)|[\t ]+/gs;

/** Blanks around the members of a list have no meaning (RFC 9110 5.6.1); within quotes they have. */
function normalise(name: string, value: string | undefined): string | undefined {
  const plain = value?.replace(piece, (text: string, at: number) => {
    const outside = text[0] !== '"';
    return outside && (isBorder(value[at - 1]) || isBorder(value[at + text.length])) ? "" : text;
  });
  // Language tags are compared without regard to case (RFC 4647 2).
  return name === "accept-language" ? plain?.replace(/[A-Z]+/g, (letters) => letters.toLowerCase()) : plain;
}

function isBorder(character: string | undefined): boolean {
  return character === undefined || character === ",";
}
