import { createHash } from "node:crypto";
import fc from "fast-check";
import { afterEach, expect, test, vi } from "vitest";

const expected = (bytes: Uint8Array) => createHash("sha256").update(bytes).digest("base64url");

afterEach(() => {
  vi.restoreAllMocks();
  vi.unstubAllGlobals();
  vi.resetModules();
});

/** As it is when it is loaded for the first time. */
const fresh = async () => (await import("./digest.ts")).digestText;

test("is the digest of the standard, of short and of long ones, of parts too", async () => {
  const digestText = await fresh();
  const bytes = fc.uint8Array({ maxLength: 4_000 });
  fc.assert(
    fc.property(bytes, fc.nat(20), (all, from) => digestText(all.subarray(from)) === expected(all.subarray(from))),
  );
});

test("is the platform's, which is loaded when it is first wanted", async () => {
  const builtin = vi.spyOn(process, "getBuiltinModule");
  const digestText = await fresh();
  expect(builtin).not.toHaveBeenCalled();
  for (const bytes of [new Uint8Array(0), new Uint8Array(1_000_000)]) expect(digestText(bytes)).toBe(expected(bytes));
  expect(builtin).toHaveBeenCalledExactlyOnceWith("node:crypto");
});

test("is what the platform says it is", async () => {
  const hash = vi.fn(() => "by the platform");
  vi.stubGlobal("process", { getBuiltinModule: () => ({ hash }) });
  const digestText = await fresh();
  const bytes = Uint8Array.of(1, 2);
  expect(digestText(bytes)).toBe("by the platform");
  expect(hash).toHaveBeenCalledExactlyOnceWith("sha256", bytes, "base64url");
});

test.each([
  ["no process", undefined],
  ["a process without modules of its own", {}],
  ["no such module", { getBuiltinModule: () => undefined }],
  ["a module without it", { getBuiltinModule: () => ({}) }],
])("is the same where the platform has %s", async (_, process) => {
  vi.stubGlobal("process", process);
  const digestText = await fresh();
  const bytes = new Uint8Array(5_000).fill(7);
  expect([digestText(bytes), digestText(bytes)]).toEqual([expected(bytes), expected(bytes)]);
});
