import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { fromBase64url, toBase64url } from "./base64.ts";

describe("base64url", () => {
  test("is the text of RFC 4648, without padding", () => {
    for (let length = 0; length < 40; length++) {
      const bytes = Uint8Array.from({ length }, (_, index) => 255 - index * 5);
      expect(toBase64url(bytes)).toBe(Buffer.from(bytes).toString("base64url"));
    }
    const long = Uint8Array.from({ length: 20_001 }, (_, index) => index * 7);
    expect(toBase64url(long)).toBe(Buffer.from(long).toString("base64url"));
  });

  test("comes back as it was", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 8_000 }), (bytes) => {
        expect(fromBase64url(toBase64url(bytes))).toEqual(bytes);
      }),
    );
  });

  test.each(["A", "AAAAA", "AA=", "AA==", "A+", "A/", "A A", "AA\n", "AB", "AAB", "é_", "\u0100A", "\ud800A"])(
    "refuses %j",
    (text) => {
      expect(fromBase64url(text)).toBeUndefined();
    },
  );

  test("one text for one sequence of bytes", () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom(..."AQgwz_-"), maxLength: 12 }), (text) => {
        const bytes = fromBase64url(text);
        return bytes === undefined || toBase64url(bytes) === text;
      }),
    );
  });
});
