import { type Directives, parseWhole, secondsOf } from "./directives.ts";
import type { FieldMap } from "./fields.ts";
import { parseDate } from "./http-date.ts";

/**
 * How long an answer is fresh for a shared cache by its own word, in milliseconds from the moment it was made, or
 * `undefined` if it does not say (RFC 9111 4.2.1). 0 when what it says cannot be understood, or lies in the past.
 *
 * @param madeAt when the answer came, which stands in for a `Date` that it does not have
 */
export function explicitLifetime(directives: Directives, fields: FieldMap, madeAt: number): number | undefined {
  const seconds = secondsOf(directives, "s-maxage") ?? secondsOf(directives, "max-age");
  if (seconds !== undefined) return 1000 * seconds;
  const expires = fields.get("expires");
  if (expires === undefined) return undefined;
  const date = parseDate(fields.get("date"), madeAt) ?? madeAt;
  return Math.max(0, (parseDate(expires, madeAt) ?? date) - date);
}

/**
 * The age that an answer had already when it came, in milliseconds: by its `Age`, of which the first value counts, or by
 * its `Date`, whichever makes it older (RFC 9111 4.2.3, 5.1).
 */
export function initialAge(fields: FieldMap, madeAt: number): number {
  const [told = ""] = (fields.get("age") ?? "").split(",", 1);
  const date = parseDate(fields.get("date"), madeAt) ?? madeAt;
  // A date has whole seconds, so this has them too: an answer made just now is not old.
  return 1000 * Math.max(parseWhole(told.trim().replace(/;.*$/s, "")) ?? 0, Math.floor((madeAt - date) / 1000));
}
