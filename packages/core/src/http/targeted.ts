import { type Directives, parseDirectives } from "./directives.ts";
import type { FieldMap } from "./fields.ts";

/** The field that speaks to shared caches alone, and that goes before `Cache-Control` and `Expires` for them. */
export const targetedField = "cdn-cache-control";

/** What an answer says to this cache, and whether it says so in a field of its own (RFC 9213 2.2). */
export interface Told {
  readonly directives: Directives;
  readonly targeted: boolean;
}

/** The directives that count here: those of `CDN-Cache-Control` if it can be read, else those of `Cache-Control`. */
export function directivesFor(fields: FieldMap): Told {
  const own = parseTargeted(fields.get(targetedField));
  if (own !== undefined) return { directives: own, targeted: true };
  return { directives: parseDirectives(fields.get("cache-control")), targeted: false };
}

/** The value of the field whose directives count here, if there is one. */
export function controlIn(fields: FieldMap): string | undefined {
  const own = fields.get(targetedField);
  return parseTargeted(own) === undefined ? fields.get("cache-control") : own;
}

const key = "[a-z*][a-z0-9_.*-]*";
const bareItem = [
  /-?\d{1,12}\.\d{1,3}/,
  /-?\d{1,15}/,
  /"(?:[\x20\x21\x23-\x5b\x5d-\x7e]|\\["\\])*"/,
  /:[A-Za-z0-9+/=]*:/,
  /\?[01]/,
  /@-?\d{1,15}/,
  /%"(?:[\x20\x21\x23\x24\x26-\x7e]|%[\da-f]{2})*"/,
  /[A-Za-z*][!#$%&'*+\-.^_`|~\w:/]*/,
]
  .map(({ source }) => source)
  .join("|");
const parameters = `(?:; *${key}(?:=(?:${bareItem}))?)*`;
const item = `(?:${bareItem})${parameters}`;
const innerList = `\\( *(?:${item}(?: +${item})*)? *\\)${parameters}`;

/** One member of a dictionary (RFC 9651 4.2.2) and what sets it apart from the next. */
const member = new RegExp(
  `(?<name>${key})(?:=(?:(?<value>${bareItem})${parameters}|(?<list>${innerList}))|${parameters})(?<rest>[\\t ]*,[\\t ]*|$)`,
  "y",
);

/**
 * The directives of a targeted field, which is a dictionary of structured fields. `undefined` if it is empty or cannot be
 * parsed: it counts as absent then (RFC 9213 2.1). What should be a number and is not counts as 0 later on.
 */
function parseTargeted(field: string | undefined): Directives | undefined {
  const text = field?.replace(/^ +| +$/g, "") ?? "";
  if (text === "") return undefined;
  const directives = new Map<string, readonly string[]>();
  member.lastIndex = 0;
  for (;;) {
    const groups = member.exec(text)?.groups;
    if (groups === undefined) return undefined;
    const { name = "", value = "?1", list, rest } = groups;
    // Of several the last one counts.
    directives.delete(name);
    if (list !== undefined) directives.set(name, [list]);
    else if (value !== "?0") directives.set(name, [value === "?1" ? "" : value]);
    if (rest === "") return directives;
    // A comma at the end.
    if (member.lastIndex === text.length) return undefined;
  }
}
