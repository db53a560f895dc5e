import { createHash } from "node:crypto";
import { expect, test } from "vitest";
import { contentTag } from "./etag.ts";

test("is made from the content, the same everywhere", () => {
  const body = new TextEncoder().encode("hello");
  const digest = createHash("sha256").update(body).digest().subarray(0, 18).toString("base64url");
  expect(contentTag(body)).toBe(`"${digest}"`);
  expect(contentTag(new Uint8Array(0))).toBe('"47DEQpj8HBSa-_TImW-5JCeu"');
});

test("is a strong tag of RFC 9110 8.8.3", () => {
  expect(contentTag(Uint8Array.of(1, 2, 3))).toMatch(/^"[\x21\x23-\x7e]+"$/);
});
