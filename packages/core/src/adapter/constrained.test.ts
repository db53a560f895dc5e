import { expect, test } from "vitest";
import type { RequestView, RouteOptions } from "../http/index.ts";
import { constrained } from "./constrained.ts";

const request = { method: "GET", url: "/a" } as RequestView;
const keyOf = ({ key }: RouteOptions) => (typeof key === "function" ? key(request, () => "tail") : key);

test("without constraints the options are as they were", () => {
  const options: RouteOptions = { ttl: "1s" };
  expect(constrained(options, {})).toBe(options);
});

test("constraints join the key, be it the default or one of the route's own", () => {
  const options: RouteOptions = { ttl: "1s" };
  const [one, two] = [constrained(options, { version: "1" }), constrained(options, { version: "2" })];
  expect([keyOf(one), keyOf(two)].map((key) => String(key).startsWith("tail"))).toEqual([true, true]);
  expect(keyOf(one)).not.toBe(keyOf(two));
  expect(keyOf(one)).toBe(keyOf(constrained({}, { version: "1" })));
  const own = constrained({ key: (_request, tail) => `own ${tail()}` }, { version: "1" });
  expect(keyOf(own)).toBe(String(keyOf(one)).replace("tail", "own tail"));
  expect(one.ttl).toBe("1s");
});

test("functions are told apart by the order of routes", () => {
  const constraints = { host: () => true };
  expect(keyOf(constrained({}, constraints))).not.toBe(keyOf(constrained({}, constraints)));
});
