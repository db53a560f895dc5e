const digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

const values = new Uint8Array(128).fill(255);
for (let value = 0; value < 64; value++) values[digits.charCodeAt(value)] = value;

/** Texts are joined in pieces of this many bytes (a multiple of 3), which engines do faster than one long run. */
const pieceBytes = 3 * 1_024;

/** Bytes as base64url without padding (RFC 4648, section 5). */
export function toBase64url(bytes: Uint8Array): string {
  let text = "";
  for (let start = 0; start < bytes.length; start += pieceBytes) {
    text += piece(bytes, start, Math.min(start + pieceBytes, bytes.length));
  }
  return text;
}

function piece(bytes: Uint8Array, start: number, end: number): string {
  let text = "";
  let index = start;
  for (; index + 2 < end; index += 3) {
    const group = ((bytes[index] as number) << 16) | ((bytes[index + 1] as number) << 8) | (bytes[index + 2] as number);
    text += digit(group >> 18) + digit(group >> 12) + digit(group >> 6) + digit(group);
  }
  if (index + 1 === end) {
    const group = bytes[index] as number;
    text += digit(group >> 2) + digit(group << 4);
  } else if (index + 2 === end) {
    const group = ((bytes[index] as number) << 8) | (bytes[index + 1] as number);
    text += digit(group >> 10) + digit(group >> 4) + digit(group << 2);
  }
  return text;
}

function digit(bits: number): string {
  return digits[bits & 63] as string;
}

/** The bytes of a base64url text without padding; `undefined` if it is no such text, or not the shortest for its bytes. */
export function fromBase64url(text: string): Uint8Array<ArrayBuffer> | undefined {
  const extra = text.length & 3;
  if (extra === 1) return undefined;
  const bytes = new Uint8Array((text.length >> 2) * 3 + (extra === 0 ? 0 : extra - 1));
  let group = 0;
  let length = 0;
  for (let index = 0; index < text.length; index++) {
    const value = values[text.charCodeAt(index)] ?? 255;
    if (value === 255) return undefined;
    group = (group << 6) | value;
    switch (index & 3) {
      case 1:
        bytes[length++] = group >> 4;
        break;
      case 2:
        bytes[length++] = group >> 2;
        break;
      case 3:
        bytes[length++] = group;
        break;
    }
  }
  const unused = extra === 2 ? group & 15 : extra === 3 ? group & 3 : 0;
  return unused === 0 ? bytes : undefined;
}
