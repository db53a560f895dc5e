import fc from "fast-check";
import { expect, test } from "vitest";
import { utf8 } from "./utf8.ts";

test("well-formed text gives the bytes of TextEncoder", () => {
  const encoder = new TextEncoder();
  fc.assert(
    fc.property(fc.string({ unit: "binary", maxLength: 200 }), (text) => {
      expect([...utf8(text)]).toEqual([...encoder.encode(text)]);
    }),
  );
  for (const text of ["", "a", "\u007f\u0080\u07ff\u0800\uffff\u{10000}\u{10ffff}", "é€😀"]) {
    expect([...utf8(text)]).toEqual([...encoder.encode(text)]);
  }
});

test("lone surrogates stay apart from each other", () => {
  const texts = [
    "\ud800",
    "\ud801",
    "\udc00",
    "\udfff",
    "\ufffd",
    "\ud800a",
    "\ud800\ud800",
    "\udc00\ud800",
    "\u{10000}",
  ];
  expect(new Set(texts.map((text) => utf8(text).join())).size).toBe(texts.length);
  expect([...utf8("\ud800")]).toEqual([0xed, 0xa0, 0x80]);
});
