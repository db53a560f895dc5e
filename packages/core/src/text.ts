let encoder: TextEncoder | undefined;
let decoder: TextDecoder | undefined;

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
