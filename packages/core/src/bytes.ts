import { invalidOption } from "./errors.ts";

const bytesOf = { b: 1, kb: 1_024, mb: 1_048_576, gb: 1_073_741_824 } as const;

/** The unit of a {@link ByteSize} text. Each is 1,024 of the one before. */
export type ByteUnit = keyof typeof bytesOf;

/** An amount of memory: bytes as a number, or a text of a decimal number and its unit, such as `"512kb"` or `"64mb"`. */
export type ByteSize = number | `${number}${ByteUnit}`;

const pattern = /^(\d+(?:\.\d+)?)(b|kb|mb|gb)$/;

/**
 * The whole bytes of a size, rounded down. A size is always finite: nothing in Cachette is unbounded.
 *
 * @param option the name that the error gives to a wrong value
 * @throws CachetteError `OPTION_INVALID` for anything that is no size, is negative, `NaN` or infinite
 */
export function toBytes(value: ByteSize, option: string): number {
  const bytes = Math.floor(typeof value === "number" ? value : parse(value));
  if (!(bytes >= 0 && bytes <= Number.MAX_SAFE_INTEGER)) {
    throw invalidOption(option, 'a finite number of bytes, or a text such as "512kb", "64mb", "1gb"', value);
  }
  return bytes;
}

function parse(value: unknown): number {
  const match = typeof value === "string" ? pattern.exec(value) : null;
  return match === null ? Number.NaN : Number(match[1]) * bytesOf[match[2] as ByteUnit];
}
