import { describe, expect, test } from "vitest";
import { type RequestParts, request } from "../../test/http-request.ts";
import type { Demand } from "../demand.ts";
import { judgeRequest, type RequestPolicy } from "./request-policy.ts";

const strict: RequestPolicy = {
  methods: new Set(["GET", "HEAD"]),
  owned: false,
  clientDirectives: "honour",
  cookies: "refuse",
  reloadEvery: 1_000,
};

const judge = (url: string, parts: RequestParts = {}, policy: Partial<RequestPolicy> = {}) =>
  judgeRequest(request(url, parts), { ...strict, ...policy });

const welcome = { use: true, demand: undefined, onlyIfCached: false, identified: false };

describe("welcome", () => {
  test.each<[string, string, RequestParts]>([
    ["GET", "/", {}],
    ["HEAD", "/", { method: "HEAD" }],
    ["fields that mean nothing here", "/", { headers: { accept: "*/*", range: "bytes=0-1", "if-none-match": "*" } }],
    ["a body of no octets", "/", { headers: { "content-length": "0" } }],
    ["two slashes at the beginning", "//other.example/x", {}],
    ["encoded slashes", "/a%2Fb%2f..%2F", {}],
    ["parameters of segments", "/a;b=c;d", {}],
    ["empty, repeated and odd names in the query", "/a?&=&=1&a&a=&a=1&a=2??&#", {}],
    ["quotes and bars", "/a|\"b'<>`{}^", {}],
    ["octets beyond ASCII", "/\u00e4", {}],
    ["no host", "/", { host: null }],
    ["an empty host", "/", { host: "" }],
    ["a port", "/", { host: "a.example:8080" }],
    ["an empty port", "/", { host: "a.example:" }],
    ["upper case", "/", { host: "A.Example" }],
    ["IPv4", "/", { host: "127.0.0.1:80" }],
    ["IPv6", "/", { host: "[::1]" }],
    ["IPv6 with a port", "/", { host: "[2001:DB8::1]:443" }],
    ["an underscore", "/", { host: "my_service:3000" }],
    ["an encoded host", "/", { host: "%61.example" }],
  ])("%s", (_, url, parts) => {
    expect(judge(url, parts)).toEqual(welcome);
  });

  test("a target of 8 KB", () => {
    expect(judge(`/${"a".repeat(8_192)}`)).toEqual(welcome);
  });
});

describe("bypass", () => {
  test.each(["POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "CONNECT", "QUERY", "get", "head", "Get", ""])(
    "method %s",
    (method) => {
      expect(judge("/", { method })).toEqual({ use: false, reason: "method" });
    },
  );

  test.each<[string, string, Record<string, string>]>([
    ["Cookie", "cookie", { cookie: "a=b" }],
    ["an empty Cookie", "cookie", { cookie: "" }],
    ["a body of known length", "request-body", { "content-length": "5" }],
    ["a body of odd length", "request-body", { "content-length": "" }],
    ["two lengths", "request-body", { "content-length": "0, 5" }],
    ["a body of unknown length", "request-body", { "transfer-encoding": "chunked" }],
    ["a body of length 0 and of another", "request-body", { "transfer-encoding": "chunked", "content-length": "0" }],
    ["no-store", "no-store", { "cache-control": "no-store" }],
    ["no-store among others, in upper case", "no-store", { "cache-control": "max-age=0, NO-STORE" }],
    ["no-store behind an open quote", "no-store", { "cache-control": 'a="b, no-store' }],
  ])("%s", (_, reason, headers) => {
    expect(judge("/", { headers })).toEqual({ use: false, reason });
  });

  test.each(["x-http-method-override", "x-http-method", "x-method-override"])("%s", (name) => {
    const expected = { use: false, reason: "method-override", detail: name };
    expect(judge("/", { headers: { [name]: "GET" } })).toEqual(expected);
    expect(judge("/", { headers: { [name]: "" } })).toEqual(expected);
  });

  test.each([
    "http://a.example/",
    "https://a.example",
    "HTTP://localhost:8000/",
    "*",
    "",
    "a.example:443",
    "?q",
    "\\a",
    "/a b",
    "/a\tb",
    "/a\nb",
    "/a\0b",
    "/a\u00a0b",
    " /a",
  ])("target %j", (url) => {
    expect(judge(url)).toEqual({ use: false, reason: "target" });
  });

  test.each([
    "a.example/x",
    "a.example?x",
    "a.example#x",
    "user@a.example",
    "a.example\\x",
    "a example",
    " a.example",
    "a.example\0",
    "a.example, b.example",
    "a.example,b.example",
    "a.example:80:80",
    "a.example:x",
    "a.example:8o",
    "::1",
    "[::1",
    "[::1]x",
    "[::1]:80x",
    "[a.example]/",
    'a"b',
    "a<b",
    "a^b",
    "a|b",
    "{a}",
    // Lower case would bring different octets together
    "\u00c4.example",
    "\u212a.example",
    "a.example\n",
  ])("host %j", (host) => {
    expect(judge("/", { host })).toEqual({ use: false, reason: "host" });
  });

  test("long hosts are judged in time in proportion", () => {
    const start = performance.now();
    for (const host of [`${"a".repeat(100_000)}/`, `[${":".repeat(100_000)}`, `a:${"1".repeat(100_000)}x`]) {
      expect(judge("/", { host }).use).toBe(false);
    }
    expect(performance.now() - start).toBeLessThan(1_500);
  });
});

describe("who says who they are", () => {
  test.each(["Basic YTpi", ""])("Authorization: %s", (authorization) => {
    expect(judge("/", { headers: { authorization } })).toEqual({ ...welcome, identified: true });
  });

  test("whatever else is asked, and where directives are ignored", () => {
    const headers = { authorization: "x", "cache-control": "max-age=9" };
    expect(judge("/", { headers })).toMatchObject({ use: true, identified: true, demand: { maxAge: 9_000 } });
    expect(judge("/", { headers }, { clientDirectives: "ignore" })).toEqual({ ...welcome, identified: true });
  });

  test("it does not make up for what is no request for the cache", () => {
    const headers = { authorization: "x" };
    expect(judge("/", { method: "POST", headers }).use).toBe(false);
    expect(judge("/", { headers: { ...headers, cookie: "a=b" } }).use).toBe(false);
    expect(judge("/", { headers: { ...headers, "cache-control": "no-store" } }).use).toBe(false);
  });
});

test("cookies are accepted where the route says which ones matter; nothing else changes by that", () => {
  const headers = { cookie: "a=b" };
  expect(judge("/", { headers }, { cookies: "accept" })).toEqual(welcome);
  const both = { ...headers, authorization: "x" };
  expect(judge("/", { headers: both }, { cookies: "accept" })).toEqual({ ...welcome, identified: true });
});

describe("what clients ask for", () => {
  const asking = (demand: Partial<Demand>) => ({
    ...welcome,
    demand: { maxAge: Number.POSITIVE_INFINITY, minFresh: 0, maxStale: 0, reloadEvery: 1_000, ...demand },
  });
  const atMost = (maxAge: number) => asking({ maxAge });
  /** Nothing is that young: it has to be asked for. */
  const anew = atMost(-1);

  test.each<[string, Record<string, string>, object]>([
    ["no-cache", { "cache-control": "no-cache" }, anew],
    ["No-Cache with a value", { "cache-control": 'No-Cache="x"' }, anew],
    ["max-age=0", { "cache-control": "max-age=0" }, atMost(0)],
    ["max-age=1", { "cache-control": "max-age=1" }, atMost(1_000)],
    ["max-age=30", { "cache-control": "max-age=30" }, atMost(30_000)],
    ['max-age="30"', { "cache-control": 'max-age="30"' }, atMost(30_000)],
    ["the smaller of two", { "cache-control": "max-age=30, max-age=20" }, atMost(20_000)],
    ["max-age that is no number", { "cache-control": "max-age=soon" }, atMost(0)],
    ["no-cache before max-age", { "cache-control": "max-age=30, no-cache" }, anew],
    ["Pragma: no-cache", { pragma: "no-cache" }, anew],
    ["Pragma: No-Cache among others", { pragma: "foo, No-Cache" }, anew],
    ["another Pragma", { pragma: "foo" }, welcome],
    ["min-fresh", { "cache-control": "min-fresh=10" }, asking({ minFresh: 10_000 })],
    ["max-stale", { "cache-control": "max-stale=10" }, asking({ maxStale: 10_000 })],
    ["max-stale without bounds", { "cache-control": "max-stale" }, asking({ maxStale: Number.POSITIVE_INFINITY })],
    ["the smaller of two max-stale", { "cache-control": "max-stale=5, max-stale=9" }, asking({ maxStale: 5_000 })],
    ["max-stale with bounds and without", { "cache-control": "max-stale, max-stale=9" }, asking({ maxStale: 0 })],
    ["max-stale that is no number", { "cache-control": "max-stale=long" }, asking({ maxStale: 0 })],
    [
      "all of it",
      { "cache-control": "max-age=9, Min-Fresh=3, max-stale=1" },
      asking({ maxAge: 9_000, minFresh: 3_000, maxStale: 1_000 }),
    ],
    ["no-cache before max-stale", { "cache-control": "max-stale=30, no-cache" }, anew],
    ["only-if-cached", { "cache-control": "Only-If-Cached" }, { ...welcome, onlyIfCached: true }],
    [
      "only-if-cached and max-stale",
      { "cache-control": "only-if-cached, max-stale=5" },
      { ...asking({ maxStale: 5_000 }), onlyIfCached: true },
    ],
    // RFC 9111 5.4
    ["Pragma beside Cache-Control", { pragma: "no-cache", "cache-control": "max-age=30" }, atMost(30_000)],
    ["Pragma beside an empty Cache-Control", { pragma: "no-cache", "cache-control": "" }, welcome],
    ["unknown directives", { "cache-control": "nothing-to-see-here" }, welcome],
    ["no-cache as a value", { "cache-control": "a=no-cache" }, welcome],
  ])("%s", (_, headers, expected) => {
    expect(judge("/", { headers })).toEqual(expected);
    expect(judge("/", { headers }, { clientDirectives: "ignore" })).toEqual(welcome);
  });

  test("no-store does not count either where directives are ignored", () => {
    const headers = { "cache-control": "no-store", pragma: "no-cache" };
    expect(judge("/", { headers }, { clientDirectives: "ignore" })).toEqual(welcome);
  });
});
