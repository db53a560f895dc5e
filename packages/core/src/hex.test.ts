import { expect, test } from "vitest";
import { toHex } from "./hex.ts";

test("two lower-case digits for each byte", () => {
  expect(toHex(new Uint8Array())).toBe("");
  expect(toHex(Uint8Array.of(0, 1, 15, 16, 171, 255))).toBe("00010f10abff");
  const all = Uint8Array.from({ length: 256 }, (_, index) => index);
  expect(toHex(all)).toBe(Buffer.from(all).toString("hex"));
});
