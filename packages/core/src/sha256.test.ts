import { createHash } from "node:crypto";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { toHex } from "./hex.ts";
import { sha256 } from "./sha256.ts";
import { utf8 } from "./utf8.ts";

const sha256Hex = (input: string | Uint8Array) => toHex(sha256(typeof input === "string" ? utf8(input) : input));
const expected = (input: string | Uint8Array) => createHash("sha256").update(input).digest("hex");

describe("sha256", () => {
  test("is the digest of the standard for every length up to five blocks", () => {
    for (let length = 0; length <= 320; length++) {
      const bytes = Uint8Array.from({ length }, (_, index) => (index * 31 + length) & 255);
      expect(sha256Hex(bytes)).toBe(expected(bytes));
    }
  });

  test("is the digest of the standard for arbitrary bytes and texts", () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 5_000 }), (bytes) => sha256Hex(bytes) === expected(bytes)));
    fc.assert(fc.property(fc.string({ unit: "binary" }), (text) => sha256Hex(text) === expected(text)));
  });

  test("takes long input, and a part of a larger buffer", () => {
    const bytes = new Uint8Array(3_000_001).fill(7);
    expect(sha256Hex(bytes)).toBe(expected(bytes));
    expect(sha256Hex(bytes.subarray(5, 205))).toBe(expected(bytes.subarray(5, 205)));
    expect(sha256Hex(Buffer.from("pooled"))).toBe(expected("pooled"));
  });

  test("gives 32 bytes that no later call changes", () => {
    const digest = sha256(Uint8Array.of(1));
    const copy = digest.slice();
    sha256(Uint8Array.of(2));
    expect(digest).toHaveLength(32);
    expect(digest).toEqual(copy);
  });

  test("keeps texts with different lone surrogates apart", () => {
    expect(sha256Hex("\ud800")).not.toBe(sha256Hex("\ud801"));
  });
});
