import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { parseList } from "../../test/structured-list.ts";
import { CacheStatus } from "./cache-status.ts";
import type { HeaderFields } from "./response.ts";

const status = new CacheStatus("X-Cache");

/** The last member of `Cache-Status`, which is ours, as an object. */
function own(fields: HeaderFields) {
  const field = Object.fromEntries(fields)["Cache-Status"] ?? "";
  const member = parseList(field).at(-1);
  if (JSON.stringify(member?.value) !== '{"token":"cachette"}') throw new Error(`not ours: ${field}`);
  return Object.fromEntries(member?.parameters ?? []);
}

describe("the fields, word for word", () => {
  test.each<[string, HeaderFields, string, string]>([
    ["hit", status.hit(57_900), "cachette; hit; ttl=57", "HIT"],
    ["hit for ever", status.hit(Number.POSITIVE_INFINITY), "cachette; hit", "HIT"],
    ["bypass", status.bypass("cookie", undefined), "cachette; fwd=bypass; detail=cookie", "BYPASS"],
    ["method", status.bypass("method", undefined), "cachette; fwd=method; detail=method", "BYPASS"],
    ["HEAD", status.headMiss(), "cachette; fwd=uri-miss; detail=head", "MISS"],
    ["stale", status.stale(-2_100, "max-stale"), "cachette; hit; ttl=-3; detail=max-stale", "STALE"],
    ["validated", status.validated("stale", 5_000, true), "cachette; fwd=stale; fwd-status=304; stored; ttl=5", "MISS"],
    [
      "validated, not stored",
      status.validated("request", 5_000, false),
      "cachette; fwd=request; fwd-status=304",
      "MISS",
    ],
    ["unsatisfied", status.unsatisfied("only-if-cached"), "cachette; detail=only-if-cached", "MISS"],
    ["stored", status.stored("uri-miss", 10_000, undefined), "cachette; fwd=uri-miss; stored; ttl=10", "MISS"],
    ["reload", status.stored("request", 999, undefined), "cachette; fwd=request; stored; ttl=0", "MISS"],
    ["not known", status.notStored("uri-miss", undefined, undefined), "cachette; fwd=uri-miss", "MISS"],
    [
      "not stored",
      status.notStored("uri-miss", { reason: "vary", detail: "accept" }, undefined),
      'cachette; fwd=uri-miss; detail="vary: accept"',
      "MISS",
    ],
    [
      "behind another cache",
      status.stored("uri-miss", 1000, 'Inner; hit; detail="a, b"'),
      'Inner; hit; detail="a, b", cachette; fwd=uri-miss; stored; ttl=1',
      "MISS",
    ],
    ["behind nothing", status.stored("uri-miss", 1000, " "), "cachette; fwd=uri-miss; stored; ttl=1", "MISS"],
  ])("%s", (_, fields, long, short) => {
    expect(fields).toEqual([
      ["Cache-Status", long],
      ["X-Cache", short],
    ]);
    own(fields);
  });
});

test("the short field has another name, or is left out", () => {
  expect(new CacheStatus("X-Shop").hit(0)[1]).toEqual(["X-Shop", "HIT"]);
  expect(new CacheStatus("X-Shop").shortName).toBe("x-shop");
  expect(new CacheStatus(false).hit(0)).toEqual([["Cache-Status", "cachette; hit; ttl=0"]]);
  expect(new CacheStatus(false).shortName).toBeUndefined();
});

describe("RFC 9211 and 9651: whatever is to be said, it can be parsed", () => {
  test("reasons and details", () => {
    const text = fc.string({
      unit: fc.constantFrom(...'aZ9*-:/!"\\;,= \t\r\n\0\u007f\u0080\u00fc\u2028\ud800'),
      maxLength: 150,
    });
    fc.assert(
      fc.property(text, fc.option(text, { nil: undefined }), (reason, detail) => {
        own(status.bypass(reason, detail));
        const refusal = detail === undefined ? { reason } : { reason, detail };
        return JSON.stringify(own(status.notStored("request", refusal, undefined)).fwd) === '{"token":"request"}';
      }),
    );
  });

  test("a detail comes back as it was, without what a string cannot hold", () => {
    const fields = status.bypass("vary", 'a"b\\c\r\nX: ü😀\u007f');
    expect(own(fields).detail).toBe('vary: a"b\\cX: ');
    expect(own(status.bypass("two words", undefined)).detail).toBe("two words");
  });

  test.each(["9lives", "!a", "-", ""])("what is a field name but no token is a string: %s", (reason) => {
    expect(own(status.bypass(reason, undefined)).detail).toBe(reason);
  });

  test("a long detail is cut", () => {
    const fields = status.notStored("uri-miss", { reason: "vary", detail: "\\".repeat(10_000) }, undefined);
    expect(String(own(fields).detail).length).toBe(160);
  });

  test.each([0, 1, 999, 1000, 2 ** 53, 1e21, Number.MAX_VALUE])("a time of %d ms", (ttl) => {
    const { ttl: told } = own(status.hit(ttl));
    expect(told).toBe(Math.min(Math.floor(ttl / 1000), 999_999_999_999_999));
    expect(own(status.stored("uri-miss", ttl, undefined))).toMatchObject({ stored: true, ttl: told });
  });
});
