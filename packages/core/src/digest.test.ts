import { createHash } from "node:crypto";
import fc from "fast-check";
import { afterEach, expect, test, vi } from "vitest";

const expected = (bytes: Uint8Array) => createHash("sha256").update(bytes).digest("hex");
const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString("hex");

afterEach(() => {
  vi.restoreAllMocks();
  vi.unstubAllGlobals();
  vi.resetModules();
});

/** As it is when it is loaded for the first time. */
const fresh = async () => (await import("./digest.ts")).digest;

test("is the digest of the standard, of short and of long ones, of parts too", async () => {
  const digest = await fresh();
  const bytes = fc.uint8Array({ maxLength: 4_000 });
  fc.assert(
    fc.property(bytes, fc.nat(20), (all, from) => hex(digest(all.subarray(from))) === expected(all.subarray(from))),
  );
});

test("of long ones is the platform's", async () => {
  const builtin = vi.spyOn(process, "getBuiltinModule");
  const digest = await fresh();
  digest(new Uint8Array(2_047));
  expect(builtin).not.toHaveBeenCalled();
  const bytes = Uint8Array.from({ length: 5_000 }, (_, index) => index & 255);
  expect(hex(digest(bytes))).toBe(expected(bytes));
  expect(hex(digest(bytes.subarray(7, 2_055)))).toBe(expected(bytes.subarray(7, 2_055)));
  expect(builtin).toHaveBeenCalledExactlyOnceWith("node:crypto");
});

test.each([
  ["no process", undefined],
  ["a process without modules of its own", {}],
  ["no such module", { getBuiltinModule: () => undefined }],
  ["a module without it", { getBuiltinModule: () => ({}) }],
])("is the same where the platform has %s", async (_, process) => {
  vi.stubGlobal("process", process);
  const digest = await fresh();
  const bytes = new Uint8Array(5_000).fill(7);
  expect([hex(digest(bytes)), hex(digest(bytes))]).toEqual([expected(bytes), expected(bytes)]);
});
