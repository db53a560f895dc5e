import { getRequestListener } from "@hono/node-server";
import { Context } from "hono";
import { afterEach, describe, expect, test, vi } from "vitest";
import { hasFieldsBefore } from "../src/fields-before.ts";
import { putClassesBack } from "./platform-classes.ts";

afterEach(() => {
  putClassesBack();
  vi.unstubAllGlobals();
});

describe.each([
  ["the platform's responses", () => {}],
  ["those of @hono/node-server", () => void getRequestListener(() => new Response())],
])("%s", (_name, replaceGlobals) => {
  test.each<[string, (c: Context) => void, boolean]>([
    ["nothing", () => {}, false],
    ["a field", (c) => c.header("Vary", "Origin"), true],
    ["a field of the answer", (c) => c.res.headers.set("Vary", "Origin"), true],
    ["an answer without fields", (c) => void c.res, false],
    [
      "a field that was taken back",
      (c) => {
        c.header("Vary", "Origin");
        c.header("Vary", undefined);
      },
      false,
    ],
  ])("%s was set", (_what, set, wanted) => {
    replaceGlobals();
    const c = new Context(new Request("http://localhost/"));
    set(c);
    expect(hasFieldsBefore(c)).toBe(wanted);
    expect(hasFieldsBefore(c)).toBe(wanted);
  });
});

test("where nothing was set, @hono/node-server is not made to put fields together", () => {
  getRequestListener(() => new Response());
  const c = new Context(new Request("http://localhost/"));
  hasFieldsBefore(c);
  let made = 0;
  vi.stubGlobal(
    "Headers",
    class extends Headers {
      constructor(...values: ConstructorParameters<typeof Headers>) {
        super(...values);
        made++;
      }
    },
  );
  expect(hasFieldsBefore(c)).toBe(false);
  expect(made).toBe(0);
});
