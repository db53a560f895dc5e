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

/** What is added to the tail of a key to tell the variants apart. A request without a field is a variant of its own. */
export function variantTail(names: readonly string[], request: RequestView): string {
  let tail = " vary";
  for (const name of names) tail += ` ${name}=${canonical(normalise(request.header(name)))}`;
  return tail;
}

/** White space around the members of a list has no meaning (RFC 9110 5.6.1). */
function normalise(value: string | undefined): string | undefined {
  return value?.trim().replace(/[\t ]*,[\t ]*/g, ",");
}
