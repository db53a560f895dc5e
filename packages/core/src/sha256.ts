/** The first 32 bits of the fractional parts of the cube roots of the first 64 primes (FIPS 180-4, section 4.2.2). */
const constants = new Int32Array(64);

/** The same of the square roots of the first 8 primes (section 5.3.3). */
const initial = new Int32Array(8);

for (let candidate = 2, count = 0; count < 64; candidate++) {
  let divisor = 2;
  while (candidate % divisor !== 0) divisor++;
  if (divisor < candidate) continue;
  if (count < 8) initial[count] = fraction(Math.sqrt(candidate));
  constants[count++] = fraction(Math.cbrt(candidate));
}

// The closest call is six thousand units in the last place of a double away: roots may be a little off, bits are not.
function fraction(root: number): number {
  return (root % 1) * 0x1_0000_0000;
}

const blockBytes = 64;

// One digest runs from start to end without giving way, so that these can be shared by all.
const schedule = new Int32Array(64);
const state = new Int32Array(8);
const last = new Uint8Array(2 * blockBytes);

/**
 * The SHA-256 digest, 32 bytes (FIPS 180-4). Synchronous, unlike the one of Web Crypto, since a key must be known
 * before the first answer from the backend is asked for.
 */
export function sha256(bytes: Uint8Array): Uint8Array {
  state.set(initial);
  const wholeBytes = bytes.length - (bytes.length % blockBytes);
  for (let offset = 0; offset < wholeBytes; offset += blockBytes) compress(bytes, offset);

  // Section 5.1.1: the rest, a one bit, zeros, and the length in bits as 64 bits.
  const restBytes = bytes.length - wholeBytes;
  const end = restBytes < blockBytes - 8 ? blockBytes : 2 * blockBytes;
  last.fill(0);
  for (let index = 0; index < restBytes; index++) last[index] = bytes[wholeBytes + index] as number;
  last[restBytes] = 0x80;
  write(last, end - 8, Math.floor(bytes.length / 0x2000_0000));
  write(last, end - 4, bytes.length << 3);
  for (let offset = 0; offset < end; offset += blockBytes) compress(last, offset);

  const digest = new Uint8Array(32);
  for (let index = 0; index < 8; index++) write(digest, index * 4, state[index] as number);
  return digest;
}

function write(bytes: Uint8Array, offset: number, word: number): void {
  bytes[offset] = word >>> 24;
  bytes[offset + 1] = word >>> 16;
  bytes[offset + 2] = word >>> 8;
  bytes[offset + 3] = word;
}

/** Takes one block into the state (section 6.2.2). */
function compress(bytes: Uint8Array, offset: number): void {
  const words = schedule;
  for (let index = 0, at = offset; index < 16; index++, at += 4) {
    words[index] =
      ((bytes[at] as number) << 24) |
      ((bytes[at + 1] as number) << 16) |
      ((bytes[at + 2] as number) << 8) |
      (bytes[at + 3] as number);
  }
  for (let index = 16; index < 64; index++) {
    const early = words[index - 15] as number;
    const late = words[index - 2] as number;
    const sigma0 = ((early >>> 7) | (early << 25)) ^ ((early >>> 18) | (early << 14)) ^ (early >>> 3);
    const sigma1 = ((late >>> 17) | (late << 15)) ^ ((late >>> 19) | (late << 13)) ^ (late >>> 10);
    words[index] = ((words[index - 16] as number) + sigma0 + (words[index - 7] as number) + sigma1) | 0;
  }

  let a = state[0] as number;
  let b = state[1] as number;
  let c = state[2] as number;
  let d = state[3] as number;
  let e = state[4] as number;
  let f = state[5] as number;
  let g = state[6] as number;
  let h = state[7] as number;
  for (let index = 0; index < 64; index++) {
    const sum1 = ((e >>> 6) | (e << 26)) ^ ((e >>> 11) | (e << 21)) ^ ((e >>> 25) | (e << 7));
    const choice = (e & f) ^ (~e & g);
    const first = (h + sum1 + choice + (constants[index] as number) + (words[index] as number)) | 0;
    const sum0 = ((a >>> 2) | (a << 30)) ^ ((a >>> 13) | (a << 19)) ^ ((a >>> 22) | (a << 10));
    const majority = (a & b) ^ (a & c) ^ (b & c);
    h = g;
    g = f;
    f = e;
    e = (d + first) | 0;
    d = c;
    c = b;
    b = a;
    a = (first + sum0 + majority) | 0;
  }
  state[0] = (state[0] as number) + a;
  state[1] = (state[1] as number) + b;
  state[2] = (state[2] as number) + c;
  state[3] = (state[3] as number) + d;
  state[4] = (state[4] as number) + e;
  state[5] = (state[5] as number) + f;
  state[6] = (state[6] as number) + g;
  state[7] = (state[7] as number) + h;
}
