import fc from "fast-check";
import { expect, test } from "vitest";
import { fullKey, Spaces } from "./space.ts";

const refused = expect.objectContaining({ code: "OPTION_INVALID", option: "namespace" });

test("a key shows prefix, namespace and tail", () => {
  const spaces = new Spaces("shop");
  expect(fullKey(spaces.of("v1"), "GET:/slow?q=42")).toBe("shop:v1:GET:/slow?q=42");
  expect(fullKey(spaces.of(undefined), "user(42)")).toBe("shop::user(42)");
});

test("what has a meaning in keys is escaped in prefix and namespace, and left as it is in tails", () => {
  const spaces = new Spaces("a:b{c}%");
  expect(fullKey(spaces.of("x:y {z}\n\u00a0\u2028"), "t:{u} %")).toBe(
    "a%3Ab%7Bc%7D%25:x%3Ay%20%7Bz%7D%0A%C2%A0%E2%80%A8:t:{u} %",
  );
});

test("labels are those of the cache, and of the namespace if there is one", () => {
  const spaces = new Spaces("shop");
  expect(spaces.of(undefined).labels).toEqual(["*"]);
  expect(spaces.of("v1").labels).toEqual(["*", "n:v1"]);
});

test("long tails, and long namespaces, are cut to a head and a hash", () => {
  const long = "x".repeat(1_000);
  const spaces = new Spaces("shop");
  expect(fullKey(spaces.of("v1"), long)).toMatch(/^shop:v1:x{180}#[0-9a-f]{64}$/);
  expect(fullKey(spaces.of(long), "t")).toMatch(/^shop:x{180}#[0-9a-f]{64}:t$/);
  expect(spaces.of(long).labels[1]).toMatch(/^n:x{180}#[0-9a-f]{64}$/);
});

test.each([[""], [null], [1], [{}]])("the namespace %o is refused", (namespace) => {
  expect(() => new Spaces("shop").of(namespace as string)).toThrow(refused);
});

test("remembers a bounded number of namespaces, and gives the same for those it forgot", () => {
  const spaces = new Spaces("shop");
  const first = spaces.of("0");
  expect(spaces.of("0")).toBe(first);
  for (let index = 1; index < 1_500; index++) spaces.of(`${index}`);
  expect(spaces.of("0")).not.toBe(first);
  expect(spaces.of("0")).toEqual(first);
});

test("no two different triples of prefix, namespace and tail have the same key", () => {
  const text = (minLength: number) =>
    fc.string({
      minLength,
      maxLength: 5,
      unit: fc.constantFrom("a", ":", "%", "{", "}", " ", "3", "A", "#", "é", "\ud800"),
    });
  const triple = fc.tuple(text(1), fc.option(text(1), { nil: undefined }), text(1));
  const keyOf = ([prefix, namespace, tail]: [string, string | undefined, string]) =>
    fullKey(new Spaces(prefix).of(namespace), tail);
  fc.assert(
    fc.property(triple, triple, (one, other) => {
      expect(keyOf(one) === keyOf(other)).toBe(JSON.stringify(one) === JSON.stringify(other));
    }),
    { numRuns: 5_000 },
  );
});
