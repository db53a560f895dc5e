import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { EntryFacts } from "../entry.ts";
import { Entry } from "../entry.ts";
import { isCachetteError } from "../errors.ts";
import { isStorableField } from "./fields.ts";
import type { StoredResponse } from "./response.ts";
import { responsePacking, variantsPacking } from "./response-packing.ts";

const facts: EntryFacts = {
  key: "k",
  coder: "http",
  storedAt: 0,
  loadTime: 0,
  freshUntil: 1,
  staleUntil: 1,
  errorUntil: 1,
  expiresAt: 1,
  mark: { epoch: "e", seq: 0 },
  labels: [],
};

const response: StoredResponse = {
  status: 200,
  age: 1_500,
  fields: [
    ["Content-Type", "text/plain"],
    ["X-A", "1"],
    ["x-a", "\u00fc\t "],
  ],
  body: Uint8Array.of(0, 255, 10, 13),
};

const pack = (value: StoredResponse) => responsePacking.pack(value, facts, true);
const unpack = (payload: Uint8Array | string) => responsePacking.unpack(new Entry(facts, payload, undefined, 0));

/** Bytes as they are stored, with any head. */
function bytes(head: unknown, body: readonly number[] = [1]): Uint8Array {
  const text = new TextEncoder().encode(typeof head === "string" ? head : JSON.stringify(head));
  const length = new Uint8Array(4);
  new DataView(length.buffer).setUint32(0, text.length);
  return Uint8Array.of(...length, ...text, ...body);
}

describe.each([true, false])("what could not be read back is refused at once, bytes only: %s", (bytesOnly) => {
  test.each<[string, Partial<StoredResponse>]>([
    ["a value that is no octets", { fields: [["X-Name", "\u0141ukasz"]] }],
    ["a line break", { fields: [["X-Name", "a\r\nb"]] }],
    ["a name with a blank", { fields: [["X Name", "a"]] }],
    ["a field of the connection", { fields: [["Upgrade", "h2c"]] }],
    ["a status that is none", { status: 1_000 }],
  ])("%s", (_, change) => {
    const packed = () => responsePacking.pack({ ...response, ...change }, facts, bytesOnly);
    expect(packed).toThrow(expect.objectContaining({ code: "ENCODE_UNSUPPORTED" }));
  });
});

describe("in this process", () => {
  test("a body of ASCII is kept as text, if it is short; any other as bytes", () => {
    const plain: StoredResponse = { ...response, fields: [["Content-Type", "text/plain"]] };
    const kept = (body: Uint8Array) =>
      (responsePacking.unpack(responsePacking.pack({ ...plain, body }, facts, false)) as StoredResponse).body;
    expect(kept(Uint8Array.of(0, 9, 10, 13, 65, 127))).toBe("\0\t\n\rA\u007f");
    expect(kept(new Uint8Array(0))).toBe("");
    const late = new Uint8Array(1_000).fill(65).fill(0xc3, 900, 901).fill(0xa9, 901, 902);
    for (const body of [Uint8Array.of(65, 128), Uint8Array.of(0xef, 0xbb, 0xbf, 65), late, new Uint8Array(16_385)]) {
      expect(kept(body)).toEqual(body);
    }
  });

  test("a body of ASCII is kept as bytes beside a head that is none: Node would write both as UTF-8", () => {
    const entry = responsePacking.pack({ ...response, body: Uint8Array.of(65) }, facts, false);
    expect((responsePacking.unpack(entry) as StoredResponse).body).toEqual(Uint8Array.of(65));
  });

  test("a text is counted as the bytes would be", () => {
    const plain: StoredResponse = { ...response, fields: [["X-A", "1"]], body: new Uint8Array(100) };
    const [text, bytes] = [false, true].map((bytesOnly) => responsePacking.pack(plain, facts, bytesOnly).size);
    expect(text).toBe((bytes ?? 0) + 64);
  });

  test("the answer is kept, and its size counted", () => {
    const entry = responsePacking.pack(response, facts, false);
    expect(responsePacking.unpack(entry)).toEqual(response);
    const sizeWith = (length: number) =>
      responsePacking.pack({ ...response, body: new Uint8Array(length) }, facts, false).size;
    expect(sizeWith(1_004) - sizeWith(4)).toBe(1_000);
    const wordier = { ...response, fields: [...response.fields, ["X-B", "12345"] as const] };
    expect(responsePacking.pack(wordier, facts, false).size - entry.size).toBeGreaterThanOrEqual(8);
  });
});

describe("as bytes", () => {
  test("a body that is kept as text comes back as bytes", () => {
    const { body } = unpack(pack({ ...response, body: "text" }).payload as Uint8Array) as StoredResponse;
    expect(body).toEqual(new TextEncoder().encode("text"));
  });

  test("an answer comes back as it was", () => {
    expect(unpack(pack(response).payload as Uint8Array)).toEqual(response);
  });

  test("any answer comes back as it was, also from the middle of a buffer", () => {
    const name = fc.stringMatching(/^[A-Za-z-]{1,20}$/).filter((text) => isStorableField(text.toLowerCase()));
    const value = fc.string({ unit: fc.constantFrom(...' \tab"\\{}[],:\u0080\u00ff'), maxLength: 30 });
    const any = fc.record({
      status: fc.integer({ min: 200, max: 599 }),
      age: fc.nat(),
      fields: fc.array(fc.tuple(name, value), { maxLength: 8 }),
      body: fc.uint8Array({ maxLength: 100 }),
    });
    fc.assert(
      fc.property(any, (answer) => {
        const payload = pack(answer).payload as Uint8Array;
        const buffer = new Uint8Array(payload.length + 20);
        buffer.set(payload, 7);
        expect(unpack(buffer.subarray(7, 7 + payload.length))).toEqual(answer);
      }),
    );
  });

  test("what is known of an answer beyond its fields", () => {
    for (const more of [{ control: "" }, { control: 'a="\u00fc"', tagged: true }, { tagged: true }]) {
      expect(unpack(pack({ ...response, ...more }).payload as Uint8Array)).toEqual({ ...response, ...more });
    }
  });

  test.each<[string, Uint8Array | string]>([
    ["a control that is no text", bytes([200, 0, [], 1, false])],
    ["tagged in another way", bytes([200, 0, [], null, 1])],
    ["nothing", new Uint8Array(0)],
    ["three octets", Uint8Array.of(0, 0, 0)],
    ["text", "not bytes"],
    ["no head", Uint8Array.of(0, 0, 0, 0, 1)],
    ["a head longer than all", Uint8Array.of(0, 0, 0, 9, 91, 93)],
    ["a good head that is longer than all", bytes([200, 0, []], []).with(3, 12)],
    ["a head beyond all bounds", Uint8Array.of(255, 255, 255, 255, 91, 93)],
    ["cut off", bytes([200, 0, []]).subarray(0, 8)],
    ["no JSON", bytes("[200, 0")],
    ["no UTF-8", bytes([200, 0, []]).fill(0xff, 4, 6)],
    ["no array", bytes({ status: 200 })],
    ["null", bytes("null")],
    ["a number", bytes("200")],
    ["deep nesting", bytes("[".repeat(50_000))],
    ["an empty array", bytes([])],
    ["status 99", bytes([99, 0, []])],
    ["status 101", bytes([101, 0, []])],
    ["status 600", bytes([600, 0, []])],
    ["status 200.5", bytes([200.5, 0, []])],
    ["status as text", bytes(["200", 0, []])],
    ["no status", bytes([null, 0, []])],
    ["a negative age", bytes([200, -1, []])],
    ["an age without end", bytes("[200, 1e999, []]")],
    ["an age as text", bytes([200, "0", []])],
    ["no age", bytes([200, null, []])],
    ["no fields", bytes([200, 0])],
    ["fields as an object", bytes([200, 0, { a: "b" }])],
    ["a line that is no pair", bytes([200, 0, [["a"]]])],
    ["a line of three", bytes([200, 0, [["a", "b", "c"]]])],
    ["a line as text", bytes([200, 0, ["ab"]])],
    ["null for a line", bytes([200, 0, [null]])],
    ["a value of an object", bytes([200, 0, [["a", { toString: "b" }]]])],
    ["a value of a list", bytes([200, 0, [["a", ["b"]]]])],
    ["a number for a value", bytes([200, 0, [["a", 1]]])],
    ["a line break in a value", bytes([200, 0, [["a", "b\r\nSet-Cookie: c=d"]]])],
    ["a line feed in a value", bytes([200, 0, [["a", "b\nc"]]])],
    ["NUL in a value", bytes([200, 0, [["a", "b\0"]]])],
    ["a value that is no octets", bytes([200, 0, [["a", "\u2028"]]])],
    ["a line break in a name", bytes([200, 0, [["a\r\nb", "c"]]])],
    ["a blank in a name", bytes([200, 0, [["a b", "c"]]])],
    ["a colon in a name", bytes([200, 0, [["a:", "c"]]])],
    ["an empty name", bytes([200, 0, [["", "c"]]])],
    ["Content-Length", bytes([200, 0, [["Content-Length", "9"]]])],
    ["Transfer-Encoding", bytes([200, 0, [["transfer-encoding", "chunked"]]])],
    ["Connection", bytes([200, 0, [["Connection", "close"]]])],
    ["Age", bytes([200, 0, [["Age", "9"]]])],
  ])("an error for %s", (_, payload) => {
    expect(() => unpack(payload)).toThrow();
  });

  test("names that objects have are names like any other", () => {
    const fields = [
      ["__proto__", "a"],
      ["constructor", "b"],
      ["toString", "c"],
    ];
    expect(unpack(bytes([200, 0, fields]))).toMatchObject({ fields });
  });

  test("any bytes: an answer that can be sent, or an error", () => {
    const valid = pack(response).payload as Uint8Array;
    const mutated = fc
      .array(fc.tuple(fc.nat(valid.length - 1), fc.nat(255)), { minLength: 1, maxLength: 4 })
      .map((changes) => changes.reduce((all, [at, octet]) => all.with(at, octet), valid));
    fc.assert(
      fc.property(fc.oneof(fc.uint8Array({ maxLength: 60 }), mutated), (payload) => {
        let answer: StoredResponse;
        try {
          answer = unpack(payload) as StoredResponse;
        } catch (error) {
          expect(isCachetteError(error, "DECODE_FAILED") || error instanceof Error).toBe(true);
          return;
        }
        const sent = new Headers();
        for (const [name, value] of answer.fields) sent.append(name, value);
        expect(new Response(null, { status: answer.status, headers: sent }).status).toBe(answer.status);
      }),
      { numRuns: 3_000 },
    );
  });
});

describe("questions about an entry", () => {
  const entryOf = (value: StoredResponse, bytesOnly: boolean) => responsePacking.pack(value, facts, bytesOnly);
  const saying = (control: string): StoredResponse => ({ ...response, fields: [["cache-control", control]] });

  test.each([true, false])("bytes only: %s", (bytesOnly) => {
    const ask = (value: StoredResponse) => {
      const entry = entryOf(value, bytesOnly);
      return [responsePacking.mayBeStale?.(entry), responsePacking.ageOf?.(entry)];
    };
    expect(ask(saying("max-age=5"))).toEqual([true, 1_500]);
    expect(ask(saying("must-revalidate"))).toEqual([false, 1_500]);
    expect(ask({ ...saying("no-cache"), control: "" })).toEqual([true, 1_500]);
    expect(ask({ ...saying("max-age=5"), control: "max-age=5, proxy-revalidate" })).toEqual([false, 1_500]);
  });

  test("of what cannot be read: the careful answer, and no error", () => {
    const entry = new Entry(facts, new Uint8Array(2), undefined, 2);
    expect([responsePacking.mayBeStale?.(entry), responsePacking.ageOf?.(entry)]).toEqual([false, 0]);
  });
});

describe("an index", () => {
  test.each([true, false])("comes back as it was, bytes only: %s", (bytesOnly) => {
    const variants = { names: ["accept", "x-a"], id: "x" };
    expect(variantsPacking.unpack(variantsPacking.pack(variants, facts, bytesOnly))).toEqual(variants);
  });

  test.each([
    "",
    "{",
    "null",
    "[]",
    '"a"',
    "{}",
    '{"id":"x"}',
    '{"names":["a"]}',
    '{"id":1,"names":["a"]}',
    '{"id":"x","names":"a"}',
    '{"id":"x","names":[""]}',
    '{"id":"x","names":["a b"]}',
    '{"id":"x","names":[null]}',
  ])("an error for %j", (payload) => {
    expect(() => variantsPacking.unpack(new Entry(facts, payload, undefined, 0))).toThrow();
  });

  test("an error for bytes", () => {
    expect(() => variantsPacking.unpack(new Entry(facts, new Uint8Array(3), undefined, 0))).toThrow();
  });
});
