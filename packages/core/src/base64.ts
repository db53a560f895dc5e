const digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

const codeOf = new Uint8Array(64);
const bitsOf = new Uint8Array(128).fill(255);
for (let value = 0; value < 64; value++) {
  codeOf[value] = digits.charCodeAt(value);
  bitsOf[digits.charCodeAt(value)] = value;
}

/** Bytes are turned into text in pieces of this many (a multiple of 3): as many as a call can have arguments everywhere. */
const pieceBytes = 3 * 2_048;

/** Bytes as base64url without padding (RFC 4648, section 5). */
export function toBase64url(bytes: Uint8Array): string {
  const codes = new Uint8Array(Math.ceil((Math.min(bytes.length, pieceBytes) * 4) / 3));
  let text = "";
  for (let start = 0; start < bytes.length; start += pieceBytes) {
    const length = write(codes, bytes, start, Math.min(start + pieceBytes, bytes.length));
    text += String.fromCharCode.apply(null, codes.subarray(0, length) as unknown as number[]);
  }
  return text;
}

/** Writes the digits of `bytes` from `start` to `end` as character codes, and tells how many there are. */
function write(codes: Uint8Array, bytes: Uint8Array, start: number, end: number): number {
  let length = 0;
  let index = start;
  for (; index + 2 < end; index += 3) {
    const group = ((bytes[index] as number) << 16) | ((bytes[index + 1] as number) << 8) | (bytes[index + 2] as number);
    codes[length] = code(group >> 18);
    codes[length + 1] = code(group >> 12);
    codes[length + 2] = code(group >> 6);
    codes[length + 3] = code(group);
    length += 4;
  }
  const left = end - index;
  if (left > 0) {
    const group = ((bytes[index] as number) << 8) | (left > 1 ? (bytes[index + 1] as number) : 0);
    codes[length++] = code(group >> 10);
    codes[length++] = code(group >> 4);
    if (left > 1) codes[length++] = code(group << 2);
  }
  return length;
}

function code(bits: number): number {
  return codeOf[bits & 63] as number;
}

/** The bytes of a base64url text without padding; `undefined` if it is no such text, or not the shortest for its bytes. */
export function fromBase64url(text: string): Uint8Array<ArrayBuffer> | undefined {
  const extra = text.length & 3;
  if (extra === 1) return undefined;
  const bytes = new Uint8Array((text.length >> 2) * 3 + (extra === 0 ? 0 : extra - 1));
  let group = 0;
  let wrong = 0;
  for (let index = 0, length = 0; index < text.length; index++) {
    const value = bitsOf[text.charCodeAt(index)] ?? 255;
    wrong |= value;
    group = (group << 6) | value;
    const position = index & 3;
    if (position !== 0) bytes[length++] = group >> (6 - 2 * position);
  }
  if (wrong > 63) return undefined;
  const unused = extra === 2 ? group & 15 : extra === 3 ? group & 3 : 0;
  return unused === 0 ? bytes : undefined;
}
