import { type Directives, secondsOf } from "./directives.ts";
import type { FieldMap } from "./fields.ts";

/**
 * How long an answer is fresh for a shared cache by its own word, in milliseconds from the moment it was made, or
 * `undefined` if it does not say (RFC 9111 4.2.1). 0 when what it says cannot be understood, or lies in the past.
 */
export function explicitLifetime(directives: Directives, fields: FieldMap, now: number): number | undefined {
  const seconds = secondsOf(directives, "s-maxage") ?? secondsOf(directives, "max-age");
  if (seconds !== undefined) return 1000 * seconds;
  const expires = fields.get("expires");
  if (expires === undefined) return undefined;
  const date = parseDate(fields.get("date")) ?? now;
  return Math.max(0, (parseDate(expires) ?? date) - date);
}

/** The age that an answer already had when it came, in milliseconds (RFC 9111 5.1). */
export function initialAge(fields: FieldMap): number {
  const age = fields.get("age");
  return age !== undefined && /^\d+$/.test(age) ? 1000 * Number(age) : 0;
}

// The three forms of RFC 9110 5.6.7. `Date.parse` alone would take much more, such as "2026".
const dateForms = [
  /^(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun), \d{2} [A-Z][a-z]{2} \d{4} \d{2}:\d{2}:\d{2} GMT$/,
  /^(?:Monday|Tuesday|Wednesday|Thursday|Friday|Saturday|Sunday), \d{2}-[A-Z][a-z]{2}-\d{2} \d{2}:\d{2}:\d{2} GMT$/,
  /^(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun) [A-Z][a-z]{2} [ \d]\d \d{2}:\d{2}:\d{2} \d{4}$/,
] as const;

/** Milliseconds since the Unix epoch of an HTTP date, or `undefined` if it is none. */
export function parseDate(text: string | undefined): number | undefined {
  if (text === undefined || !dateForms.some((form) => form.test(text))) return undefined;
  // The third form names no zone; it is GMT like the others.
  const time = Date.parse(text.endsWith("GMT") ? text : `${text} GMT`);
  return Number.isNaN(time) ? undefined : time;
}
