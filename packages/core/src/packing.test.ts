import { runInNewContext } from "node:vm";
import fc from "fast-check";
import { afterEach, expect, test, vi } from "vitest";
import type { Coder } from "./coders/coder.ts";
import { jsonCoder } from "./coders/json-coder.ts";
import { typedCoder } from "./coders/typed-coder.ts";
import type { EntryFacts } from "./entry.ts";
import { deepFreeze } from "./freeze.ts";
import { copyPacking, sharedPacking } from "./packing.ts";

const facts: EntryFacts = {
  key: "k",
  coder: "typed",
  storedAt: 0,
  loadTime: 0,
  freshUntil: 1,
  staleUntil: 1,
  errorUntil: 1,
  expiresAt: 1,
  mark: { epoch: "e", seq: 0 },
  labels: ["*"],
};

const copy = copyPacking(typedCoder);
const shared = sharedPacking(typedCoder, deepFreeze);

afterEach(() => {
  vi.unstubAllGlobals();
});
const value = () => ({ at: new Date(0), list: [{ n: 1 }] });

test.each([true, false])("a copy is decoded for each reader (bytes only: %o)", (bytesOnly) => {
  const entry = copy.pack(value(), facts, bytesOnly);
  const [one, other] = [copy.unpack(entry), copy.unpack(entry)];
  expect(one).toEqual(value());
  expect(one).not.toBe(other);
  expect(entry.live).toBeUndefined();
});

test("a shared value is one and frozen, and not the one that was handed in", () => {
  const given = value();
  const entry = shared.pack(given, facts, false);
  const unpacked = shared.unpack(entry) as typeof given;
  expect(unpacked).toEqual(given);
  expect(shared.unpack(entry)).toBe(unpacked);
  expect(unpacked).not.toBe(given);
  expect(Object.isFrozen(unpacked.list[0])).toBe(true);
  expect(Object.isFrozen(given)).toBe(false);
});

test("a shared value is kept as bytes where nothing else can be kept, and is frozen all the same", () => {
  const entry = shared.pack(value(), facts, true);
  expect(entry.live).toBeUndefined();
  const unpacked = shared.unpack(entry) as ReturnType<typeof value>;
  expect(unpacked).toEqual(value());
  expect(Object.isFrozen(unpacked.list)).toBe(true);
});

test("uses that share and uses that copy read each other's entries", () => {
  for (const given of [value(), undefined, null, 0, "", "text", Uint8Array.of(1, 2)]) {
    const fromShared = copy.unpack(shared.pack(given, facts, false));
    expect(fromShared).toEqual(given);
    expect(shared.unpack(copy.pack(given, facts, false))).toEqual(given);
  }
  const entry = shared.pack(value(), facts, false);
  const copied = copy.unpack(entry) as ReturnType<typeof value>;
  copied.list.push({ n: 2 });
  expect(shared.unpack(entry)).toEqual(value());
});

test("an entry knows its coder, by its name if it has one", () => {
  expect([copy.coder, copyPacking(jsonCoder).coder]).toEqual(["typed", "json"]);
  expect(sharedPacking({ encode: String, decode: String }, deepFreeze).coder).toBe("custom");
});

test.each<[string, unknown]>([
  ["a promise, as of an asynchronous coder", Promise.resolve("1")],
  ["nothing", undefined],
  ["a number", 1],
  ["an object", {}],
  ["a view that is not of bytes", new Float64Array(1)],
  ["a buffer", new ArrayBuffer(1)],
])("a coder that gives %s is refused", (_what, encoded) => {
  const coder: Coder = { encode: () => encoded as string, decode: () => 1 };
  const refused = expect.objectContaining({ code: "ENCODE_UNSUPPORTED", option: "coder.encode" });
  expect(() => copyPacking(coder).pack(1, facts, false)).toThrow(refused);
  expect(() => sharedPacking(coder, deepFreeze).pack(1, facts, false)).toThrow(refused);
});

test("bytes come back as they were, for each reader anew, however many they are and wherever they lie", () => {
  const lengths = fc.oneof(fc.nat(40), fc.integer({ min: 2_040, max: 2_060 }));
  fc.assert(
    fc.property(lengths, fc.nat(7), fc.infiniteStream(fc.nat(255)), (length, before, octets) => {
      const given = Uint8Array.from(octets.take(before + length)).subarray(before);
      for (const packing of [copy, shared]) {
        const entry = packing.pack(given, facts, false);
        for (const reader of [copy, shared]) expect(reader.unpack(entry)).toEqual(given);
        expect(Object.getPrototypeOf(copy.unpack(entry))).toBe(Uint8Array.prototype);
      }
      const entry = copy.pack(given, facts, false);
      (copy.unpack(entry) as Uint8Array).fill(1);
      expect(copy.unpack(entry)).toEqual(given);
    }),
  );
});

test("short bytes are kept as a text, where the platform has what it takes", () => {
  const kept = (length: number) => typeof copy.pack(new Uint8Array(length), facts, false).payload;
  expect([kept(0), kept(2_048), kept(2_049)]).toEqual(["string", "string", "object"]);
  expect(typeof copy.pack(new Uint8Array(1), facts, true).payload).toBe("object");
  vi.stubGlobal("Buffer", undefined);
  expect(kept(1)).toBe("object");
});

test("a reader is handed bytes that share nothing with anybody else's, and a Buffer where the coder had made one", () => {
  const handed: Uint8Array[] = [];
  const bufferCoder = (encode: (text: string) => Uint8Array): Coder => ({
    encode: (value) => encode(String(value)),
    decode: (encoded) => handed.push(encoded as Uint8Array),
  });
  for (const coder of [
    bufferCoder((text) => new TextEncoder().encode(text)),
    bufferCoder((text) => Buffer.from(text)),
  ]) {
    const packing = copyPacking(coder);
    packing.unpack(packing.pack("ab", facts, false));
  }
  expect(handed[0]?.buffer.byteLength).toBe(2);
  expect(handed[1]?.toString()).toBe("ab");
});

test("bytes of another realm are bytes", () => {
  const bytes = runInNewContext("Uint8Array.of(1, 2)") as Uint8Array;
  const coder: Coder = { encode: () => bytes, decode: (encoded) => [...(encoded as Uint8Array)] };
  const packing = copyPacking(coder);
  for (const bytesOnly of [true, false]) {
    expect(packing.unpack(packing.pack(1, facts, bytesOnly))).toEqual([1, 2]);
  }
});

test("the size grows with key and value, and text beyond Latin-1 counts twice", () => {
  const sizeOf = (given: unknown, key = "k") => copy.pack(given, { ...facts, key }, false).size;
  expect(sizeOf("x".repeat(1_000)) - sizeOf("")).toBe(1_000);
  expect(sizeOf("日".repeat(1_000)) - sizeOf("")).toBe(2 * 1_002 - 2);
  expect(sizeOf("", "k".repeat(1_001)) - sizeOf("")).toBe(1_000);
  expect(sizeOf(new Uint8Array(5_000)) - sizeOf(new Uint8Array(0))).toBe(5_000);
  expect(shared.pack("x".repeat(1_000), facts, false).size).toBeGreaterThan(sizeOf("x".repeat(1_000)));
});
