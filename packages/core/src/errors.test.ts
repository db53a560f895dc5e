import { expect, describe as suite, test } from "vitest";
import { CachetteError, describe, ERROR_CODES, invalidOption, isCachetteError } from "./errors.ts";

suite("CachetteError", () => {
  test("says the option, what was expected and what came with its type", () => {
    const error = invalidOption("ttl", 'a duration such as "10s"', "soon");
    expect(error).toBeInstanceOf(Error);
    expect(error.message).toBe('An option is not valid. ttl: expected a duration such as "10s", got "soon" (string).');
    expect(error).toMatchObject({
      name: "CachetteError",
      code: "OPTION_INVALID",
      option: "ttl",
      expected: 'a duration such as "10s"',
      received: '"soon" (string)',
    });
    expect(error.stack).toContain("CachetteError");
  });

  test("opens with the sentence of its code, or with the message that it was given", () => {
    expect(new CachetteError({ code: "CACHE_CLOSED" }).message).toBe(ERROR_CODES.CACHE_CLOSED);
    expect(new CachetteError({ code: "CACHE_CLOSED", message: "Gone." }).message).toBe("Gone.");
    expect(new CachetteError({ code: "NAME_MISSING", option: "name" }).message).toBe(
      "What is cached needs a name. name.",
    );
    expect(new CachetteError({ code: "KEY_INVALID", received: undefined }).message).toBe(
      "This is not a key. got undefined.",
    );
  });

  test("ends with the remedy", () => {
    const error = new CachetteError({
      code: "KEY_UNSUPPORTED",
      option: "arguments[0]",
      expected: "plain data",
      received: Math.max,
      remedy: "Pass a `key` function.",
    });
    expect(error.message).toBe(
      "A key cannot be made from this value. arguments[0]: expected plain data, got the function max. Pass a `key` function.",
    );
  });

  test("carries a cause when there is one, and only then", () => {
    const cause = new Error("ECONNREFUSED");
    expect(new CachetteError({ code: "BACKEND_FAILED", cause }).cause).toBe(cause);
    expect("cause" in new CachetteError({ code: "BACKEND_FAILED" })).toBe(false);
  });

  test("never shows a value in full", () => {
    const secret = `${"x".repeat(200)}secret`;
    const error = invalidOption("name", "a short text", secret);
    expect(error.message).not.toContain("secret");
    expect(error.message.length).toBeLessThan(220);
    expect(invalidOption("ttl", "a duration", { secret }).message).not.toContain("xx");
    expect(JSON.stringify(Object.values(error))).not.toContain("secret");
  });

  test("every code has a sentence", () => {
    for (const sentence of Object.values(ERROR_CODES)) expect(sentence).toMatch(/^[A-Z].*\.$/);
  });
});

suite("isCachetteError", () => {
  test("tells it from other values, by code if one is given", () => {
    const error = new CachetteError({ code: "CACHE_CLOSED" });
    expect(isCachetteError(error)).toBe(true);
    expect(isCachetteError(error, "CACHE_CLOSED")).toBe(true);
    expect(isCachetteError(error, "KEY_INVALID")).toBe(false);
    for (const other of [new Error("x"), { code: "CACHE_CLOSED" }, null, undefined, "CACHE_CLOSED", 1]) {
      expect(isCachetteError(other)).toBe(false);
    }
  });

  test("knows the error of another copy of the package", () => {
    class OtherCopy extends Error {
      readonly code = "CACHE_CLOSED";
      get [Symbol.for("cachette.error")]() {
        return true;
      }
    }
    expect(isCachetteError(new OtherCopy(), "CACHE_CLOSED")).toBe(true);
  });
});

suite("describe", () => {
  class User {}
  const nameless = (() => class {})();
  test.each<[unknown, string]>([
    [undefined, "undefined"],
    [null, "null"],
    ["a\nb", '"a\\nb" (string)'],
    [1.5, "1.5 (number)"],
    [Number.NaN, "NaN (number)"],
    [true, "true (boolean)"],
    [12n, "12n (bigint)"],
    [1n << 100_000n, "a very large bigint"],
    [Symbol("s"), "Symbol(s) (symbol)"],
    [Math.max, "the function max"],
    [() => {}, "an unnamed function"],
    [{ a: 1 }, "an object"],
    [Object.create(null), "an object"],
    [[1, 2, 3], "an array of 3"],
    [new User(), "an instance of User"],
    [new nameless(), "an instance of an unnamed class"],
    [new Map(), "an instance of Map"],
    [Object.create({ constructor: undefined }), "an object"],
  ])("%o", (value, text) => {
    expect(describe(value)).toBe(text);
  });

  test("survives an object that answers nothing", () => {
    const { proxy, revoke } = Proxy.revocable({}, {});
    revoke();
    expect(describe(proxy)).toBe("an object");
  });
});
