import { invalidOption } from "./errors.ts";

const millisecondsOf = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000, w: 604_800_000 } as const;

/** The unit of a {@link Duration} text: milliseconds, seconds, minutes, hours, days, weeks. */
export type DurationUnit = keyof typeof millisecondsOf;

/**
 * A span of time: milliseconds as a number, or a text of a decimal number and its unit, such as `"250ms"`, `"10s"`,
 * `"1.5h"`. `Infinity` is for ever. Inside Cachette all durations are milliseconds.
 */
export type Duration = number | `${number}${DurationUnit}`;

const pattern = /^(\d+(?:\.\d+)?)(ms|[smhdw])$/;

/**
 * The whole milliseconds of a duration. Fractions are rounded; what is longer than nothing never becomes 0.
 *
 * @param option the name that the error gives to a wrong value
 * @throws CachetteError `OPTION_INVALID` for anything that is no duration, is negative or is `NaN`
 */
export function toMilliseconds(value: Duration, option: string): number {
  const milliseconds = typeof value === "number" ? value : parse(value);
  if (!(milliseconds >= 0)) {
    throw invalidOption(option, 'milliseconds from 0 to Infinity, or a text such as "250ms", "10s", "5m", "1h"', value);
  }
  const rounded = Math.round(milliseconds);
  return rounded > 0 ? rounded : milliseconds > 0 ? 1 : 0;
}

function parse(value: unknown): number {
  const match = typeof value === "string" ? pattern.exec(value) : null;
  if (match === null) return Number.NaN;
  const milliseconds = Number(match[1]) * millisecondsOf[match[2] as DurationUnit];
  return Number.isFinite(milliseconds) ? milliseconds : Number.NaN;
}
