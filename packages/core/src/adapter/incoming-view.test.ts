import { describe, expect, test } from "vitest";
import { type Incoming, IncomingView } from "./incoming-view.ts";

const headers: Incoming["headers"] = { host: "shop.example", "set-cookie": ["a", "b"], none: undefined };
const viewOf = (incoming: Partial<Incoming>, target = "/a") =>
  new IncomingView({ method: "GET", headers, httpVersionMajor: 1, socket: {}, ...incoming }, target);

test("method and target are told as they are, GET where nothing is said", () => {
  expect(viewOf({ method: "POST" }, "/b?c")).toMatchObject({ method: "POST", url: "/b?c" });
  expect(viewOf({ method: undefined }).method).toBe("GET");
});

test("fields are told by their names, several lines as one", () => {
  const view = viewOf({});
  expect(["host", "set-cookie", "none", "other"].map((name) => view.header(name))).toEqual([
    "shop.example",
    "a, b",
    undefined,
    undefined,
  ]);
  expect([view.names(), view.host]).toEqual([["host", "set-cookie", "none"], "shop.example"]);
});

test("they are those of the moment when it was made", () => {
  const request = { headers, httpVersionMajor: 1, socket: {} };
  const view = new IncomingView(request, "/");
  request.headers = { ...headers, host: "other.example" };
  expect(view.header("host")).toBe("shop.example");
});

test.each([
  [{ encrypted: true }, "https"],
  [{ encrypted: false }, "http"],
  [{}, "http"],
] as const)("the scheme is that of the connection: %o", (socket, scheme) => {
  expect(viewOf({ socket }).scheme).toBe(scheme);
});

describe("of HTTP/2", () => {
  const multiplexed = (fields: Incoming["headers"], endAfterHeaders?: boolean) =>
    viewOf({
      headers: fields,
      httpVersionMajor: 2,
      ...(endAfterHeaders !== undefined && { stream: { endAfterHeaders } }),
    });

  test.each<[Incoming["headers"], string, string]>([
    [{ ":authority": "a" }, "a", "/a"],
    [{ host: "a" }, "a", "/a"],
    [{ host: "a", ":authority": "a" }, "a", "/a"],
    // A request to a proxy, which has no key.
    [{ host: "b", ":authority": "a" }, "b", "http://a/a"],
  ])("%o is for the host %s, and its target %s", (fields, host, url) => {
    expect(multiplexed(fields)).toMatchObject({ host, url });
  });

  test("a body of unknown length is told of by a field", () => {
    const fields = { ":authority": "a" };
    expect(multiplexed(fields, false).header("transfer-encoding")).toBe("chunked");
    expect(multiplexed(fields, true).header("transfer-encoding")).toBeUndefined();
    expect(multiplexed(fields).names()).toEqual([":authority"]);
  });
});
