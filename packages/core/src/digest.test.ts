import { createHash } from "node:crypto";
import fc from "fast-check";
import { afterEach, expect, test, vi } from "vitest";

const encodings = ["base64url", "hex"] as const;
const expected = (bytes: Uint8Array) =>
  encodings.map((encoding) => createHash("sha256").update(bytes).digest(encoding));

afterEach(() => {
  vi.restoreAllMocks();
  vi.unstubAllGlobals();
  vi.resetModules();
});

/** As it is when it is loaded for the first time. */
const fresh = async () => {
  const { digest } = await import("./digest.ts");
  return (bytes: Uint8Array) => encodings.map((encoding) => digest(bytes, encoding));
};

test("is the digest of the standard, of short and of long ones, of parts too", async () => {
  const digests = await fresh();
  const bytes = fc.uint8Array({ maxLength: 4_000 });
  fc.assert(
    fc.property(bytes, fc.nat(20), (all, from) => {
      expect(digests(all.subarray(from))).toEqual(expected(all.subarray(from)));
    }),
  );
});

test("is the platform's, which is loaded when it is first wanted", async () => {
  const builtin = vi.spyOn(process, "getBuiltinModule");
  const digests = await fresh();
  expect(builtin).not.toHaveBeenCalled();
  for (const bytes of [new Uint8Array(0), new Uint8Array(1_000_000)]) expect(digests(bytes)).toEqual(expected(bytes));
  expect(builtin).toHaveBeenCalledExactlyOnceWith("node:crypto");
});

test("is what the platform says it is", async () => {
  const hash = vi.fn(() => "by the platform");
  vi.stubGlobal("process", { getBuiltinModule: () => ({ hash }) });
  const digests = await fresh();
  const bytes = Uint8Array.of(1, 2);
  expect(digests(bytes)).toEqual(["by the platform", "by the platform"]);
  expect(hash.mock.calls).toEqual(encodings.map((encoding) => ["sha256", bytes, encoding]));
});

test.each([
  ["no process", undefined],
  ["a process without modules of its own", {}],
  ["no such module", { getBuiltinModule: () => undefined }],
  ["a module without it", { getBuiltinModule: () => ({}) }],
])("is the same where the platform has %s", async (_, process) => {
  vi.stubGlobal("process", process);
  const digests = await fresh();
  const bytes = new Uint8Array(5_000).fill(7);
  expect([digests(bytes), digests(bytes)]).toEqual([expected(bytes), expected(bytes)]);
});
