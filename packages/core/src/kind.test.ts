import { runInNewContext } from "node:vm";
import { afterEach, describe, expect, test, vi } from "vitest";
import { hasSymbolKeys, kindOf } from "./kind.ts";

describe("kindOf", () => {
  test.each<[string, object]>([
    ["Object", {}],
    ["null", Object.create(null)],
    ["Array", []],
    ["Date", new Date()],
    ["Map", new Map()],
    ["Set", new Set()],
    ["RegExp", /a/],
    ["URL", new URL("http://a/")],
    ["ArrayBuffer", new ArrayBuffer(1)],
    ["DataView", new DataView(new ArrayBuffer(1))],
    ["Uint8Array", new Uint8Array()],
    ["BigInt64Array", new BigInt64Array()],
    ["Buffer", Buffer.from("a")],
    ["Error", new Error("a")],
    ["AggregateError", new AggregateError([])],
    ["TypeError", new TypeError("a")],
    ["Promise", Promise.resolve()],
    ["WeakMap", new WeakMap()],
  ])("%s", (kind, value) => {
    expect(kindOf(value)).toBe(kind);
  });

  test.each(["Object", "Array", "Date", "Map", "Set", "ArrayBuffer", "Uint8Array", "TypeError", "RegExp"])(
    "%s of another realm",
    (kind) => {
      const value = runInNewContext(kind === "ArrayBuffer" ? "new ArrayBuffer(1)" : `new ${kind}()`);
      expect(Object.getPrototypeOf(value)).not.toBe(
        (globalThis as unknown as Record<string, { prototype: object }>)[kind]?.prototype,
      );
      expect(kindOf(value)).toBe(kind);
    },
  );

  class User {}
  class SubMap extends Map {}
  class SubError extends Error {}
  class SubBytes extends Uint8Array {}
  class SubArray extends Array {}
  const disguised = { [Symbol.toStringTag]: "Map" };
  Object.setPrototypeOf(disguised, User.prototype);
  class Impostor {
    get [Symbol.toStringTag]() {
      return "Map";
    }
  }
  Object.defineProperty(Impostor, "name", { value: "Map" });

  test.each<[string, object]>([
    ["a class", new User()],
    ["an extended Map", new SubMap()],
    ["an extended Error", new SubError()],
    ["an extended Uint8Array", new SubBytes()],
    ["an extended Array", new SubArray()],
    ["a made-up tag", disguised],
    ["a class that calls itself Map", new Impostor()],
    ["an object that inherits from a plain one", Object.create({ a: 1 })],
    ["an object that inherits from a bare one", Object.create(Object.create(null))],
    ["something that only inherits from Date", Object.create(Date.prototype)],
    ["something that only inherits from Error", Object.create(TypeError.prototype)],
  ])("none for %s", (_, value) => {
    expect(kindOf(value)).toBeUndefined();
  });

  describe("with a replaced clock", () => {
    afterEach(() => {
      vi.useRealTimers();
    });

    test("dates are dates", () => {
      const real = new Date();
      vi.useFakeTimers();
      expect(kindOf(new Date())).toBe("Date");
      expect(kindOf(real)).toBe("Date");
    });
  });
});

test("hasSymbolKeys counts own enumerable ones", () => {
  const key = Symbol("key");
  expect(hasSymbolKeys({})).toBe(false);
  expect(hasSymbolKeys({ [key]: 1 })).toBe(true);
  expect(hasSymbolKeys(Object.defineProperty({}, key, { value: 1, enumerable: false }))).toBe(false);
  expect(hasSymbolKeys(Object.create({ [key]: 1 }))).toBe(false);
});
