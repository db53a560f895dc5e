import fc from "fast-check";
import { expect, test } from "vitest";
import { factsOf } from "../test/facts-of.ts";
import type { Encoded } from "./coders/coder.ts";
import { Entry, type EntryFacts } from "./entry.ts";
import { isCachetteError } from "./errors.ts";
import { decodeFrame, encodeFrame, markOfFrame } from "./frame.ts";

const facts: EntryFacts = {
  key: "shop:v1:user(42)",
  coder: "typed",
  storedAt: 1_000,
  loadTime: 250,
  freshUntil: 2_000.5,
  staleUntil: 3_000,
  errorUntil: 4_000,
  expiresAt: Number.POSITIVE_INFINITY,
  mark: { epoch: "e-1", seq: 7 },
  labels: ["*", "n:v1", "t:日本"],
};

const unreadable = expect.objectContaining({ code: "DECODE_FAILED" });

function entryOf(payload: Encoded, more: Partial<EntryFacts> = {}): Entry {
  return new Entry({ ...facts, ...more }, payload, undefined, payload.length);
}

/** The entry of some bytes, or that there is none; anything else but the coded error is a failure. */
function attempt(bytes: Uint8Array): Entry | undefined {
  try {
    return decodeFrame(bytes);
  } catch (error) {
    if (isCachetteError(error, "DECODE_FAILED")) return undefined;
    throw error;
  }
}

test.each<[string, Encoded]>([
  ["text", "é 日本 𝒳 \u0000 \ufeff"],
  ["no text", ""],
  ["bytes", Uint8Array.of(0, 255, 0xca, 0xc4)],
  ["no bytes", new Uint8Array(0)],
])("%s comes back, with its facts", (_what, payload) => {
  const decoded = decodeFrame(encodeFrame(entryOf(payload)));
  expect(decoded.payload).toEqual(payload);
  expect(factsOf(decoded)).toEqual(facts);
});

test("any entry comes back, also from the middle of a larger buffer", () => {
  const time = fc.double({ noNaN: true, min: 0, max: 1e15 });
  fc.assert(
    fc.property(
      fc.record({
        key: fc.string({ unit: "binary" }),
        coder: fc.string(),
        storedAt: time,
        loadTime: fc.nat(),
        labels: fc.array(fc.string({ unit: "binary" })),
        mark: fc.record({ epoch: fc.string(), seq: fc.nat() }),
      }),
      fc.oneof(fc.string({ unit: "binary" }), fc.uint8Array()),
      fc.nat(20),
      (some, payload, before) => {
        const { storedAt } = some;
        const times = { freshUntil: storedAt + 1, staleUntil: storedAt + 3, errorUntil: storedAt + 2 };
        const entry = entryOf(payload, { ...some, ...times, expiresAt: storedAt + 4 });
        const frame = encodeFrame(entry);
        const buffer = new Uint8Array(frame.length + before + 3).fill(255);
        buffer.set(frame, before);
        const decoded = decodeFrame(buffer.subarray(before, before + frame.length));
        expect(decoded.payload).toEqual(payload);
        expect(factsOf(decoded)).toEqual(factsOf(entry));
      },
    ),
  );
});

test("an entry's own key is told, whatever key it is found under and whatever was read before", () => {
  const key = fc.string({ unit: fc.constantFrom('"', "\\", ",", "n", "\n", "[", "é"), maxLength: 5 });
  const labels = fc.array(fc.constantFrom("*", '"', "\\"), { maxLength: 2 });
  fc.assert(
    fc.property(fc.array(fc.tuple(key, key, labels), { minLength: 1, maxLength: 10 }), (reads) => {
      for (const [own, other, labels] of reads) {
        const frame = encodeFrame(entryOf("1", { key: own, labels }));
        for (const found of [own, other, own]) expect(decodeFrame(frame, found)).toMatchObject({ key: own, labels });
      }
    }),
    { numRuns: 2_000 },
  );
});

test("arbitrary bytes are no entry, whatever they begin with", () => {
  const frame = encodeFrame(entryOf('{"a":1}'));
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), fc.nat(80), (bytes, kept) => {
      expect(attempt(bytes)).toBeUndefined();
      expect(
        attempt(Uint8Array.of(...frame.subarray(0, Math.min(kept, frame.length - 1)), ...bytes.subarray(0, 5))),
      ).toBe(undefined);
    }),
    { numRuns: 2_000 },
  );
});

test("a frame that was cut off, or has something behind it, is no entry", () => {
  for (const payload of ["12345", Uint8Array.of(1, 2, 3)]) {
    const frame = encodeFrame(entryOf(payload));
    for (let length = 0; length < frame.length; length++) {
      expect(() => decodeFrame(frame.subarray(0, length))).toThrow(unreadable);
    }
    expect(() => decodeFrame(Uint8Array.of(...frame, 0))).toThrow(unreadable);
  }
});

test("a frame with any bytes changed is read without harm: its times are times, and its mark is one", () => {
  const frame = encodeFrame(entryOf('{"a":1}'));
  const change = fc.tuple(fc.nat(frame.length - 1), fc.nat(255));
  fc.assert(
    fc.property(fc.array(change, { minLength: 1, maxLength: 4 }), (changes) => {
      const bytes = frame.slice();
      for (const [index, octet] of changes) bytes[index] = octet;
      const entry = attempt(bytes);
      if (entry === undefined) return;
      const { storedAt, freshUntil, staleUntil, errorUntil, expiresAt } = entry;
      expect(storedAt <= freshUntil && freshUntil <= staleUntil && staleUntil <= expiresAt).toBe(true);
      expect(freshUntil <= errorUntil && errorUntil <= expiresAt).toBe(true);
      expect(Number.isSafeInteger(entry.mark.seq) && entry.mark.seq >= 0).toBe(true);
      expect(entry.labels.every((label) => typeof label === "string")).toBe(true);
    }),
    { numRuns: 20_000 },
  );
});

test.each<[string, Partial<EntryFacts>]>([
  ["a time that is no number", { freshUntil: Number.NaN }],
  ["an end that is no number", { expiresAt: Number.NaN }],
  ["a beginning that is no number", { storedAt: Number.NaN }],
  ["a time to be stale that is no number", { staleUntil: Number.NaN }],
  ["a time to stand in that is no number", { errorUntil: Number.NaN }],
  ["an end before its beginning", { storedAt: 2_500 }],
  ["freshness beyond its end", { expiresAt: 1_500 }],
  ["an end of being stale before that of being fresh", { staleUntil: 2_000 }],
  ["a time to be stale beyond its end", { staleUntil: 5_000, expiresAt: 4_500 }],
  ["an end of standing in before that of being fresh", { errorUntil: 2_000 }],
  ["a time to stand in beyond its end", { expiresAt: 3_500 }],
])("an entry with %s is none", (_what, times) => {
  expect(() => decodeFrame(encodeFrame(entryOf("1", times)))).toThrow(unreadable);
});

test.each([-1, 0.5, Number.NaN, Number.POSITIVE_INFINITY])("an entry with the mark %d is none", (seq) => {
  expect(() => decodeFrame(encodeFrame(entryOf("1", { mark: { epoch: "e", seq } })))).toThrow(unreadable);
});

test.each<[string, unknown]>([
  ["no list", {}],
  ["null", null],
  ["too short a list", ["k", "typed", "e"]],
  ["a key that is no text", [1, "typed", "e", []]],
  ["a coder that is no text", ["k", null, "e", []]],
  ["an epoch that is no text", ["k", "typed", 1, []]],
  ["labels that are no list", ["k", "typed", "e", "*"]],
  ["a label that is no text", ["k", "typed", "e", ["*", 1]]],
])("meta that is %s is refused", (_what, meta) => {
  const json = new TextEncoder().encode(JSON.stringify(meta));
  const frame = new Uint8Array(64 + json.length);
  frame.set(encodeFrame(entryOf("")).subarray(0, 64));
  frame.set(json, 64);
  new DataView(frame.buffer).setUint32(56, json.length);
  expect(() => decodeFrame(frame)).toThrow(unreadable);
});

test("another version of the format is not guessed at", () => {
  const frame = encodeFrame(entryOf("1"));
  frame[2] = 1;
  expect(() => decodeFrame(frame)).toThrow(/version 1/);
});

test("a load that took weeks is as long as can be said", () => {
  const entry = entryOf("1", { loadTime: 2 ** 40 });
  expect(decodeFrame(encodeFrame(entry)).loadTime).toBe(2 ** 32 - 1);
});

test("what is no bytes at all is refused like other garbage", () => {
  for (const value of [null, undefined, "text", 1, {}, []]) {
    expect(() => decodeFrame(value as unknown as Uint8Array)).toThrow(unreadable);
  }
});

test("a text that UTF-8 cannot hold is refused rather than changed", () => {
  const refused = expect.objectContaining({ code: "ENCODE_UNSUPPORTED" });
  for (const text of ["\ud800", "a\udc00b", "\udc00\ud800"]) expect(() => encodeFrame(entryOf(text))).toThrow(refused);
  expect(decodeFrame(encodeFrame(entryOf("\ud83d\ude00"))).payload).toBe("\ud83d\ude00");
});

test("the mark is in the first bytes, whatever follows; what is no frame has none", () => {
  const frame = encodeFrame(entryOf("x".repeat(10_000)));
  expect(markOfFrame(frame.subarray(0, 1_024))).toEqual(facts.mark);
  expect(markOfFrame(frame)).toEqual(facts.mark);
  for (const length of [0, 3, 63, 64, 80]) expect(markOfFrame(frame.subarray(0, length))).toBeUndefined();
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
      expect(markOfFrame(bytes)).toBeUndefined();
    }),
  );
});
