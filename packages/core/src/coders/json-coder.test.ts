import { describe, expect, test } from "vitest";
import { isCachetteError } from "../errors.ts";
import { jsonCoder } from "./json-coder.ts";

const cycle: Record<string, unknown> = {};
cycle.self = cycle;

describe("jsonCoder", () => {
  test("is JSON, as text", () => {
    expect(jsonCoder.encode({ a: [1, "b", null], when: new Date(0), gone: undefined })).toBe(
      '{"a":[1,"b",null],"when":"1970-01-01T00:00:00.000Z"}',
    );
    expect(jsonCoder.decode('{"a":[1,"b",null]}')).toEqual({ a: [1, "b", null] });
    expect(jsonCoder.decode("null")).toBeNull();
  });

  test("reads bytes as UTF-8", () => {
    expect(jsonCoder.decode(new TextEncoder().encode('["é😀"]'))).toEqual(["é😀"]);
    expect(jsonCoder.decode(Buffer.from("1"))).toBe(1);
  });

  test.each<[string, unknown]>([
    ["undefined", undefined],
    ["a function", () => {}],
    ["a symbol", Symbol("s")],
    ["a bigint", { id: 1n }],
    ["a cycle", cycle],
  ])("refuses %s", (_, value) => {
    expect(() => jsonCoder.encode(value)).toThrow(expect.objectContaining({ code: "ENCODE_UNSUPPORTED" }));
  });

  test.each<[string, string | Uint8Array]>([
    ["nothing", ""],
    ["a part", '{"secret":'],
    ["a table", '!1[["undefined"]]'],
    ["no UTF-8", Uint8Array.of(0x22, 0xff, 0x22)],
  ])("refuses to read %s, without quoting it", (_, encoded) => {
    let thrown: unknown;
    try {
      jsonCoder.decode(encoded);
    } catch (error) {
      thrown = error;
    }
    expect(isCachetteError(thrown, "DECODE_FAILED")).toBe(true);
    expect(String((thrown as Error).stack)).not.toContain("secret");
    expect(thrown).not.toHaveProperty("cause");
  });

  test("touches no prototype", () => {
    const value = jsonCoder.decode('{"__proto__":{"polluted":true},"constructor":{"prototype":{"polluted":true}}}');
    expect(Object.hasOwn(value as object, "__proto__")).toBe(true);
    expect(Object.getPrototypeOf(value)).toBe(Object.prototype);
    expect({}).not.toHaveProperty("polluted");
  });
});
