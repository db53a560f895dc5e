import { expect, test } from "vitest";
import { IncomingView } from "./incoming-view.ts";

const headers = { host: "shop.example", "set-cookie": ["a", "b"], none: undefined };

test("fields are told by their names, several lines as one", () => {
  const view = new IncomingView({ headers, socket: {} });
  expect(["host", "set-cookie", "none", "other"].map((name) => view.header(name))).toEqual([
    "shop.example",
    "a, b",
    undefined,
    undefined,
  ]);
  expect(view.names()).toEqual(["host", "set-cookie", "none"]);
});

test("they are those of the moment when it was made", () => {
  const request = { headers, socket: {} };
  const view = new IncomingView(request);
  request.headers = { ...headers, host: "other.example" };
  expect(view.header("host")).toBe("shop.example");
});

test.each([
  [{ encrypted: true }, "https"],
  [{ encrypted: false }, "http"],
  [{}, "http"],
] as const)("the scheme is that of the connection: %o", (socket, scheme) => {
  expect(new IncomingView({ headers, socket }).scheme).toBe(scheme);
});
