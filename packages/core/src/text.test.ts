import fc from "fast-check";
import { expect, test } from "vitest";
import { asciiText } from "./text.ts";

test("octets are ASCII where all of them are", () => {
  const octets = fc.array(fc.oneof({ weight: 50, arbitrary: fc.nat(0x7f) }, fc.nat(0xff)), { maxLength: 200 });
  fc.assert(
    fc.property(octets, (list) => {
      const text = list.every((octet) => octet < 0x80) ? String.fromCharCode(...list) : undefined;
      expect(asciiText(Uint8Array.from(list))).toBe(text);
    }),
  );
});

test.each([
  ["a byte order mark", [0xef, 0xbb, 0xbf]],
  ["octets that are no UTF-8", [0xff]],
  ["the character that stands for those", [0xef, 0xbf, 0xbd]],
  ["a letter of two octets", [0xc3, 0xa9]],
])("%s is none, wherever it stands", (_, octets) => {
  for (const before of [0, 63, 64, 5_000]) {
    expect(asciiText(Uint8Array.from([...new Array<number>(before).fill(0x41), ...octets]))).toBeUndefined();
  }
});
