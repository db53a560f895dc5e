import { createHash } from "node:crypto";
import fc from "fast-check";
import { expect, test } from "vitest";
import { bounded } from "./bounded.ts";

test("leaves what is short enough as it is", () => {
  for (const text of ["", "a", "x".repeat(240)]) expect(bounded(text)).toBe(text);
});

test("cuts what is longer to a head and its hash", () => {
  const text = `GET:/${"x".repeat(300)}`;
  expect(bounded(text)).toBe(`${text.slice(0, 180)}#${createHash("sha256").update(text).digest("hex")}`);
});

test("is as long as 245 characters at most, and tells texts apart", () => {
  const texts = fc.string({ minLength: 0, maxLength: 600, unit: fc.constantFrom("a", "#", "\ud800", "日") });
  fc.assert(
    fc.property(texts, texts, (one, other) => {
      expect(bounded(one).length).toBeLessThanOrEqual(245);
      expect(bounded(one) === bounded(other)).toBe(one === other);
    }),
  );
});

test("the form of what was cut is never that of another text", () => {
  const cut = bounded("x".repeat(500));
  expect(bounded(cut)).not.toBe(cut);
  expect(bounded(`${"x".repeat(240)}y`)).not.toBe(bounded(`${"x".repeat(240)}z`));
});
