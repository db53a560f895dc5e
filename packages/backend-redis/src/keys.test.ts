import { expect, test } from "vitest";
import { exactKey, scopeKeys } from "./keys.ts";

test("leaves keys as they are", () => {
  for (const key of ["", "shop:v1:GET:/slow?q=42", "{a}", "%", "日本", "𝒳", "\u0000", "é"])
    expect(exactKey(key)).toBe(key);
});

test("gives every key a text that UTF-8 can hold, and no two the same", () => {
  const keys = [
    ...["\ud800", "\ud801", "\udc00", "\udc00\ud800", "\ud800\udc00", "a\ud800", "\ud800a", "\ud800\ud800\udc00"],
    ...["\ufffd", "\uffff", "\uffffd800", "\uffffffff", "\uffffffffd800", "d800"],
  ];
  const texts = keys.map(exactKey);
  expect(new Set(texts).size).toBe(keys.length);
  for (const text of texts) expect(new TextDecoder().decode(new TextEncoder().encode(text))).toBe(text);
});

test("clock and labels of a scope are readable and share one slot", () => {
  expect(scopeKeys("shop")).toEqual({ clock: "{shop}:clock", label: "{shop}:label:" });
});

test("no scope gets into the keys of another", () => {
  expect(scopeKeys("a}b{c:d%").clock).toBe("{a%7Db%7Bc%3Ad%25}:clock");
  const scopes = ["", "%", "%25", "{", "}", "{}", "a", "a}", "a}:clock", "a%7D", "a:clock", "a:label:"];
  const keys = scopes.flatMap((scope) => Object.values(scopeKeys(scope)));
  expect(new Set(keys).size).toBe(keys.length);
  // A cluster looks at what is between the first brace and the next closing one, if there is anything.
  for (const scope of scopes) {
    const tags = Object.values(scopeKeys(scope)).map((key) => /^\{([^}]+)\}:/.exec(key)?.[1]);
    expect(tags[0], scope).toBeTruthy();
    expect(tags[1]).toBe(tags[0]);
  }
});
