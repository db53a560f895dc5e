import { describe, expect, test } from "vitest";
import type { Lifetime } from "../policy.ts";
import { fieldMap } from "./fields.ts";
import type { HeaderFields } from "./response.ts";
import { isForAll, judgeResponse, mayBeStale, type ResponsePolicy } from "./response-policy.ts";

const now = Date.UTC(2026, 10, 23, 12);
const date = (seconds: number) => new Date(now + 1000 * seconds).toUTCString();

/** Strict mode: the answer's own word decides. */
const strict: ResponsePolicy = {
  ttl: undefined,
  override: false,
  statuses: new Map(),
  staleFor: 0,
  errorFor: 0,
  heuristic: false,
  owned: false,
};
const minute: ResponsePolicy = { ...strict, ttl: 60_000 };

function judge(
  status: number,
  fields: Record<string, string> | HeaderFields,
  policy: ResponsePolicy = minute,
  keyed: readonly string[] = [],
) {
  const lines = Array.isArray(fields) ? (fields as HeaderFields) : Object.entries(fields as Record<string, string>);
  return judgeResponse(status, fieldMap(lines), { keyed: new Set(keyed), identified: false }, policy, now);
}

const stored = (ttl: number, age = 0, lifetime: Partial<Lifetime> = {}) => ({
  store: true,
  lifetime: { ttl, staleFor: 0, errorFor: 0, keepFor: 0, ...lifetime },
  age,
  vary: [],
  granted: expect.any(Boolean),
});

const anybody = { keyed: new Set<string>(), identified: false };

describe("never stored, whatever the route says", () => {
  const routes: [string, ResponsePolicy][] = [
    ["strict", strict],
    ["ttl", minute],
    ["override", { ...minute, override: true, statuses: new Map([[200, 60_000]]) }],
  ];

  const refusals: [string, Record<string, string> | HeaderFields, string, string?][] = [
    ["no-store", { "Cache-Control": "no-store" }, "no-store"],
    ["NO-STORE, in any case", { "cache-CONTROL": "max-age=60, NO-STORE" }, "no-store"],
    ["no-store with a value", { "Cache-Control": "no-store=1" }, "no-store"],
    ["no-store behind an open quote", { "Cache-Control": 'a="b, no-store' }, "no-store"],
    ["no-store after a semicolon", { "Cache-Control": "public; no-store" }, "no-store"],
    ["private", { "Cache-Control": "private, max-age=60" }, "private"],
    ["Private", { "Cache-Control": "Private" }, "private"],
    ["a qualified private", { "Cache-Control": 'max-age=60, private="set-cookie"' }, "private"],
    ["private in a line of its own", [["Cache-Control", "max-age=60"], ["cache-control", "private"]], "private"], // biome-ignore format: one line a case
    ["no-cache", { "Cache-Control": "no-cache" }, "no-cache"],
    ["a qualified no-cache", { "Cache-Control": 'no-cache="set-cookie", max-age=60' }, "no-cache"],
    ["private, must-understand", { "Cache-Control": "private, max-age=60, must-understand" }, "private"],
    ["Vary: *", { Vary: "*" }, "vary", "*"],
    ["* among others", { Vary: "X-Keyed, *" }, "vary", "*"],
    ["* in a line of its own", [["Vary", "X-Keyed"], ["vary", "*"]], "vary", "*"], // biome-ignore format: one line a case
    ["Vary: Cookie", { Vary: "Cookie" }, "vary", "cookie"],
    ["Vary: Authorization", { Vary: "Authorization" }, "vary", "authorization"],
    ["Set-Cookie", { "Set-Cookie": "a=b" }, "set-cookie"],
    ["an empty Set-Cookie", { "Set-Cookie": "" }, "set-cookie"],
    ["Set-Cookie2", { "Set-Cookie2": "a=b" }, "set-cookie2"],
    ["WWW-Authenticate", { "WWW-Authenticate": "Basic" }, "www-authenticate"],
    ["Clear-Site-Data", { "Clear-Site-Data": '"cookies"' }, "clear-site-data"],
    ["a nonce", { "Content-Security-Policy": "script-src 'self' 'nonce-abc'" }, "csp-nonce"],
    ["a Nonce", { "Content-Security-Policy-Report-Only": "script-src 'Nonce-abc'" }, "csp-nonce"],
  ];

  for (const [route, policy] of routes) {
    test.each(refusals)(`${route}: %s`, (_, fields, reason, detail) => {
      const lines = Array.isArray(fields) ? fields : Object.entries(fields);
      const fresh: HeaderFields = [...(lines as HeaderFields), ["Cache-Control", "s-maxage=60"]];
      const refusal = detail === undefined ? { store: false, reason } : { store: false, reason, detail };
      expect(judge(200, fresh, policy, ["x-keyed", "*"])).toEqual(refusal);
    });

    test.each([100, 101, 103, 199, 206, 304])(`${route}: status %i`, (status) => {
      expect(judge(status, { "Cache-Control": "max-age=60" }, policy)).toEqual({
        store: false,
        reason: "status",
        detail: String(status),
      });
    });
  }
});

test("Vary that names what is in the key", () => {
  expect(judge(200, { Vary: "Accept-Language, X-A" }, minute, ["x-a", "accept-language"])).toEqual(stored(60_000));
  expect(judge(200, { Vary: "" })).toEqual(stored(60_000));
  expect(judge(200, { Vary: "Cookie" }, minute, ["cookie"])).toEqual(stored(60_000));
});

test("what only looks like a refusal", () => {
  for (const fields of [
    { "Cache-Control": 'extension="no-store, private"' },
    { "Cache-Control": "extension=private" },
    { "Cache-Control": "x-private, no-storefront, must-revalidate, proxy-revalidate, no-transform, immutable" },
    { "Content-Security-Policy": "script-src 'self' 'sha256-abc'; report-uri /nonce-" },
    { "X-Set-Cookie": "a" },
    { Pragma: "no-cache" },
  ]) {
    expect(judge(200, fields)).toEqual(stored(60_000));
  }
});

describe("statuses", () => {
  const byTtl = [200, 203, 301, 308];
  const byWord = [200, 203, 204, 301, 308, 404, 410];
  const statuses = [
    200, 201, 202, 203, 204, 205, 207, 226, 300, 301, 302, 303, 307, 308, 400, 401, 403, 404, 405, 410, 414, 421, 429,
    451, 500, 501, 502, 503, 504, 599, 600, 999,
  ];

  test.each(statuses)("%i", (status) => {
    const refused = { store: false, reason: "status", detail: String(status) };
    const silent = byWord.includes(status) ? { store: false, reason: "no-freshness" } : refused;
    expect(judge(status, {}, strict)).toEqual(silent);
    expect(judge(status, {}, minute)).toEqual(byTtl.includes(status) ? stored(60_000) : refused);
    const fresh = { "Cache-Control": "max-age=5" };
    const heard = byWord.includes(status) ? stored(5_000) : refused;
    expect(judge(status, fresh, strict)).toEqual(heard);
    expect(judge(status, fresh, minute)).toEqual(heard);
  });

  const errors: ResponsePolicy = { ...minute, statuses: new Map([[500, 2_000], [404, 3_000], [200, 4_000]]) }; // biome-ignore format: one line

  test("further ones with times of their own", () => {
    expect(judge(500, {}, errors)).toEqual(stored(2_000));
    expect(judge(404, {}, errors)).toEqual(stored(3_000));
    expect(judge(200, {}, errors)).toEqual(stored(4_000));
    expect(judge(203, {}, errors)).toEqual(stored(60_000));
    expect(judge(501, {}, errors)).toMatchObject({ reason: "status", detail: "501" });
    expect(judge(500, {}, { ...errors, ttl: undefined })).toEqual(stored(2_000));
  });

  test("an answer's own word goes before them too", () => {
    expect(judge(500, { "Cache-Control": "max-age=1" }, errors)).toEqual(stored(1_000));
    expect(judge(404, { "Cache-Control": "no-store" }, errors)).toMatchObject({ reason: "no-store" });
    expect(judge(404, { "Cache-Control": "max-age=1" }, { ...errors, override: true })).toEqual(stored(3_000));
  });
});

describe("how long", () => {
  test.each<[string, Record<string, string>, ResponsePolicy, object]>([
    ["the route's time", {}, minute, stored(60_000)],
    ["no time at all", {}, strict, { store: false, reason: "no-freshness" }],
    ["public is no time", { "Cache-Control": "public" }, strict, { store: false, reason: "no-freshness" }],
    ["the answer's shorter time", { "Cache-Control": "max-age=5" }, minute, stored(5_000)],
    ["the answer's longer time", { "Cache-Control": "max-age=600" }, minute, stored(600_000)],
    ["s-maxage before max-age", { "Cache-Control": "max-age=600, s-maxage=5" }, minute, stored(5_000)],
    ["Expires minus Date", { Expires: date(30), Date: date(0) }, minute, stored(30_000)],
    ["max-age of 0", { "Cache-Control": "max-age=0" }, minute, { store: false, reason: "expired" }],
    ["s-maxage of 0", { "Cache-Control": "s-maxage=0, max-age=60" }, minute, { store: false, reason: "expired" }],
    ["max-age that cannot be read", { "Cache-Control": "max-age=1h" }, minute, { store: false, reason: "expired" }],
    ["an Expires in the past", { Expires: date(-1) }, minute, { store: false, reason: "expired" }],
    ["an Expires of 0", { Expires: "0" }, minute, { store: false, reason: "expired" }],
    ["Age is taken off", { "Cache-Control": "max-age=60", Age: "20" }, strict, stored(40_000, 20_000)],
    ["nothing is left", { "Cache-Control": "max-age=60", Age: "60" }, strict, { store: false, reason: "expired" }],
    ["less than nothing", { "Cache-Control": "max-age=60", Age: "99" }, strict, { store: false, reason: "expired" }],
    ["an old Date is taken off", { "Cache-Control": "max-age=60", Date: date(-20) }, strict, stored(40_000, 20_000)],
    ["not longer than Expires", { Expires: date(10), Date: date(-590) }, strict, stored(10_000, 590_000)],
    ["the route's time runs from now", { Age: "90" }, minute, stored(60_000, 90_000)],
    ["override", { "Cache-Control": "max-age=5" }, { ...minute, override: true }, stored(60_000)],
    ["override of 0", { "Cache-Control": "max-age=0" }, { ...minute, override: true }, stored(60_000)],
    ["override of Expires", { Expires: "0" }, { ...minute, override: true }, stored(60_000)],
    ["override, and Age", { "Cache-Control": "max-age=5", Age: "9" }, { ...minute, override: true }, stored(60_000, 9_000)], // biome-ignore format: one line a case
    ["override with no time", { "Cache-Control": "max-age=5" }, { ...strict, override: true }, stored(5_000)],
    ["a ttl of 0", {}, { ...strict, ttl: 0 }, { store: false, reason: "expired" }],
    ["a ttl of 0, and the answer's word", { "Cache-Control": "max-age=5" }, { ...strict, ttl: 0 }, stored(5_000)],
    ["for ever", {}, { ...strict, ttl: Number.POSITIVE_INFINITY }, stored(Number.POSITIVE_INFINITY)],
    ["seconds beyond all bounds", { "Cache-Control": "max-age=99999999999" }, strict, stored(1000 * 2 ** 31)],
  ])("%s", (_, fields, policy, expected) => {
    expect(judge(200, fields, policy)).toEqual(expected);
  });

  test("an answer whose body took its time has aged meanwhile", () => {
    const late = (fields: Record<string, string>, policy: ResponsePolicy) =>
      judgeResponse(200, fieldMap(Object.entries(fields)), anybody, policy, now + 20_000, now);
    expect(late({ "Cache-Control": "max-age=60" }, strict)).toEqual(stored(40_000, 20_000));
    expect(late({ "Cache-Control": "max-age=60", Age: "10" }, strict)).toEqual(stored(30_000, 30_000));
    expect(late({ "Cache-Control": "max-age=20" }, strict)).toEqual({ store: false, reason: "expired" });
    expect(late({ Expires: date(60) }, strict)).toEqual(stored(40_000, 20_000));
    expect(late({}, minute)).toEqual(stored(60_000, 20_000));
  });

  test("a clock that is set back makes nothing younger than new", () => {
    expect(judgeResponse(200, new Map(), anybody, minute, now - 5_000, now)).toEqual(stored(60_000));
  });
});

describe("Vary", () => {
  test("names that are not in the key are the answer's own, in order, each once", () => {
    expect(judge(200, { Vary: "X-B, Accept-Language, x-b, X-Keyed" }, minute, ["x-keyed"])).toEqual({
      ...stored(60_000),
      vary: ["accept-language", "x-b"],
    });
  });

  test("a name that cannot be read is one that no request has", () => {
    expect(judge(200, { Vary: "x-a;q=1" })).toMatchObject({ store: true, vary: ["x-a;q=1"] });
  });
});

describe("an answer to somebody who said who they are (RFC 9111 3.5)", () => {
  const identified = (fields: Record<string, string>, policy = minute) =>
    judgeResponse(200, fieldMap(Object.entries(fields)), { ...anybody, identified: true }, policy, now);

  test.each(["public", "Public, max-age=5", "s-maxage=5", "max-age=5, must-revalidate"])("%s: for all", (value) => {
    expect(identified({ "Cache-Control": value })).toMatchObject({ store: true });
  });

  test.each(["", "max-age=5", "proxy-revalidate, max-age=5", "immutable, max-age=5", "x-public", 'a="public"'])(
    "%j: not",
    (value) => {
      for (const policy of [strict, minute, { ...minute, override: true }]) {
        expect(identified({ "Cache-Control": value }, policy)).toEqual({ store: false, reason: "authorization" });
      }
    },
  );

  test("public does not outdo private", () => {
    expect(identified({ "Cache-Control": "public, private" })).toMatchObject({ reason: "private" });
  });

  test("isForAll says the same of what is stored", () => {
    expect(["public", "S-Maxage=5", "must-revalidate"].map(isForAll)).toEqual([true, true, true]);
    expect([undefined, "", "max-age=5", "no-cache"].map(isForAll)).toEqual([false, false, false, false]);
  });
});

describe("what can be asked about", () => {
  const tag = { ETag: '"a"' };
  const kept = (ttl: number, keepFor: number, age = 0) => stored(ttl, age, { keepFor });

  test.each<[string, Record<string, string>, ResponsePolicy, object]>([
    ["is kept a minute longer", { ...tag, "Cache-Control": "max-age=5" }, strict, kept(5_000, 60_000)],
    ["or as long again", { ...tag, "Cache-Control": "max-age=90" }, strict, kept(90_000, 90_000)],
    ["by its date as well", { "Last-Modified": date(-9) }, minute, kept(60_000, 60_000)],
    ["no-cache", { ...tag, "Cache-Control": "no-cache" }, strict, kept(0, 60_000)],
    ["no-cache beside a time", { ...tag, "Cache-Control": "no-cache, max-age=90" }, minute, kept(0, 60_000)],
    ["no-cache where the route overrides", { ...tag, "Cache-Control": "no-cache" }, { ...minute, override: true }, kept(0, 60_000)],
    ["a qualified no-cache", { ...tag, "Cache-Control": 'no-cache="x", max-age=9' }, strict, kept(0, 60_000)],
    ["max-age of 0", { ...tag, "Cache-Control": "max-age=0" }, strict, kept(0, 60_000)],
    ["stale for less than a minute", { ...tag, "Cache-Control": "max-age=5", Age: "64" }, strict, kept(0, 60_000, 64_000)],
    ["stale for a minute", { ...tag, "Cache-Control": "max-age=5", Age: "65" }, strict, { store: false, reason: "expired" }],
    ["nothing is said of time", tag, strict, { store: false, reason: "no-freshness" }],
  ])("%s", (_, fields, policy, expected) => {
    expect(judge(200, fields, policy)).toEqual(expected);
  }); // biome-ignore format: one line a case

  test("no status but a success", () => {
    expect(judge(404, { ...tag, "Cache-Control": "no-cache, max-age=5" })).toEqual({
      store: false,
      reason: "no-cache",
    });
    expect(judge(404, { ...tag, "Cache-Control": "max-age=5" })).toEqual(stored(5_000));
  });

  test("no-cache on a status that is not heard", () => {
    expect(judge(202, { ...tag, "Cache-Control": "no-cache" }, strict)).toMatchObject({ reason: "status" });
  });
});

describe("how long it may be stale (RFC 5861)", () => {
  const leave: ResponsePolicy = { ...minute, staleFor: 3_000, errorFor: 4_000 };
  const times = (value: string, policy = leave) => {
    const judged = judge(200, value === "" ? {} : { "Cache-Control": value }, policy);
    return judged.store ? [judged.lifetime.staleFor, judged.lifetime.errorFor] : judged.reason;
  };

  test.each<[string, unknown]>([
    ["", [3_000, 4_000]],
    ["max-age=5", [3_000, 4_000]],
    ["max-age=5, stale-while-revalidate=7", [7_000, 4_000]],
    ["max-age=5, stale-if-error=8", [3_000, 8_000]],
    ["max-age=5, stale-while-revalidate=0, stale-if-error=x", [0, 0]],
    ["max-age=5, must-revalidate, stale-while-revalidate=7, stale-if-error=8", [0, 0]],
    ["max-age=5, PROXY-REVALIDATE, stale-while-revalidate=7", [0, 0]],
    ["s-maxage=5", [0, 0]],
    ["s-maxage=5, stale-while-revalidate=7, stale-if-error=8", [7_000, 8_000]],
    ["max-age=0", [3_000, 4_000]],
    ["max-age=0, stale-while-revalidate=0, stale-if-error=0", "expired"],
    ["max-age=0, must-revalidate", "expired"],
    ["no-store, stale-while-revalidate=9", "no-store"],
  ])("%j", (value, expected) => {
    expect(times(value)).toEqual(expected);
  });

  test("an error may be stale while it is asked for anew, but stands in for no other error", () => {
    const answers = { ...leave, statuses: new Map([[503, 60_000], [404, 60_000]]) }; // biome-ignore format: one line
    expect(judge(503, {}, answers)).toEqual(stored(60_000, 0, { staleFor: 3_000 }));
    expect(judge(503, { "Cache-Control": "max-age=5, stale-if-error=8" }, answers)).toEqual(
      stored(5_000, 0, { staleFor: 3_000 }),
    );
    expect(judge(404, {}, answers)).toEqual(stored(60_000, 0, { staleFor: 3_000, errorFor: 4_000 }));
  });

  test("what is stale when it comes has used up a part of it", () => {
    const late = { "Cache-Control": "max-age=5, stale-while-revalidate=7, stale-if-error=9", Age: "13" };
    expect(judge(200, late, strict)).toEqual(stored(0, 13_000, { errorFor: 1_000 }));
    expect(judge(200, { ...late, Age: "14" }, strict)).toEqual({ store: false, reason: "expired" });
  });

  test("mayBeStale: whether a client may have it stale for the asking", () => {
    expect([undefined, "", "max-age=5", "public"].map(mayBeStale)).toEqual([true, true, true, true]);
    for (const value of ["must-revalidate", "Proxy-Revalidate", "s-maxage=5", "max-age=5, no-cache"]) {
      expect(mayBeStale(value)).toBe(false);
    }
  });
});

describe("guesses (RFC 9111 4.2.2)", () => {
  const guessing: ResponsePolicy = { ...strict, heuristic: true };
  const hour = { "Last-Modified": date(-3600) };
  const guessed = (ttl: number) => stored(ttl, 0, { keepFor: Math.max(ttl, 60_000) });

  test("a tenth of the time since the last modification, by the answer's own date", () => {
    expect(judge(200, hour, guessing)).toEqual(guessed(360_000));
    expect(judge(200, { ...hour, Date: date(0) }, guessing)).toEqual(guessed(360_000));
    const older = { "Last-Modified": date(-3600), Date: date(-600) };
    expect(judge(200, older, guessing)).toMatchObject({ store: false, reason: "expired" });
    expect(judge(200, { ...hour, Age: "60" }, guessing)).toMatchObject({ lifetime: { ttl: 300_000 } });
  });

  test("a day at most", () => {
    expect(judge(200, { "Last-Modified": date(-86_400 * 365) }, guessing)).toEqual(guessed(86_400_000));
  });

  test.each([200, 203, 204, 300, 301, 308, 404, 405, 410, 414, 501])("%i", (status) => {
    const keepFor = status < 300 ? 360_000 : 0;
    expect(judge(status, hour, guessing)).toEqual(stored(360_000, 0, { keepFor }));
    expect(judge(status, hour, strict)).toMatchObject({ store: false });
  });

  test.each([201, 202, 302, 400, 403, 500, 502, 503, 504, 599])("%i: only with public", (status) => {
    expect(judge(status, hour, guessing)).toMatchObject({ store: false, reason: "status" });
    expect(judge(status, { ...hour, "Cache-Control": "public" }, guessing)).toMatchObject({ store: true });
  });

  test.each<[string, Record<string, string>, string]>([
    ["no date of modification", {}, "no-freshness"],
    ["one that cannot be read", { "Last-Modified": "long ago" }, "no-freshness"],
    ["private", { ...hour, "Cache-Control": "private" }, "private"],
    ["no-store", { ...hour, "Cache-Control": "no-store" }, "no-store"],
    ["a cookie", { ...hour, "Set-Cookie": "a=b" }, "set-cookie"],
  ])("not with %s", (_, fields, reason) => {
    expect(judge(200, fields, guessing)).toEqual({ store: false, reason });
  });

  test("what is said goes before it", () => {
    expect(judge(200, { ...hour, "Cache-Control": "max-age=5" }, guessing)).toMatchObject({ lifetime: { ttl: 5_000 } });
    expect(judge(200, { ...hour, Expires: "0" }, guessing)).toMatchObject({ lifetime: { ttl: 0 } });
    expect(judge(200, hour, { ...guessing, ttl: 1_000 })).toMatchObject({ lifetime: { ttl: 1_000 } });
  });
});

describe("must-understand (RFC 9111 5.2.2.3)", () => {
  const all: ResponsePolicy = { ...strict, statuses: new Map([[599, 0], [503, 0]]) }; // biome-ignore format: one line
  const fields = { "Cache-Control": "max-age=60, must-understand" };

  test("only statuses whose meaning is known", () => {
    expect(judge(200, fields, all)).toEqual(stored(60_000));
    expect(judge(404, fields, all)).toEqual(stored(60_000));
    for (const status of [503, 599]) {
      expect(judge(status, fields, all)).toEqual({ store: false, reason: "must-understand", detail: String(status) });
      expect(judge(status, { "Cache-Control": "max-age=60" }, all)).toEqual(stored(60_000));
    }
  });

  test("a no-store beside it is for caches that do not know of it, where the answer gives freshness itself", () => {
    const both = { "Cache-Control": "no-store, max-age=60, must-understand" };
    expect(judge(200, both, all)).toEqual(stored(60_000));
    expect(judge(404, both, all)).toEqual(stored(60_000));
    for (const status of [503, 599]) expect(judge(status, both, all)).toEqual({ store: false, reason: "no-store" });
    const bare = { "Cache-Control": "no-store, must-understand" };
    expect(judge(200, bare, minute)).toEqual({ store: false, reason: "no-store" });
    const dated = { ...bare, "Last-Modified": date(-3600) };
    expect(judge(200, dated, { ...minute, heuristic: true })).toEqual({ store: false, reason: "no-store" });
  });
});

test("Clear-Site-Data says something only in quotes", () => {
  expect(judge(200, { "Clear-Site-Data": '"cache", "cookies"' })).toMatchObject({ reason: "clear-site-data" });
  expect(judge(200, { "Clear-Site-Data": "cookies" })).toEqual(stored(60_000));
});

describe("whose word it is that an answer may be stored", () => {
  const guess = { ...strict, heuristic: true };
  const noFreshness = { "Last-Modified": date(-1000) };
  test.each<[string, Record<string, string>, ResponsePolicy, boolean]>([
    ["the answer's", { "Cache-Control": "max-age=5" }, minute, true],
    ["the answer's, by Expires", { Expires: date(5) }, strict, true],
    ["a guess by the rules of the RFC", noFreshness, guess, true],
    ["asked about each time", { "Cache-Control": "no-cache", ETag: '"a"' }, minute, true],
    ["the route's", {}, minute, false],
    ["the route's, with other words of the answer", { "Cache-Control": "public" }, minute, false],
    ["the route's, over the answer's", { "Cache-Control": "max-age=5" }, { ...minute, override: true }, false],
  ])("%s", (_, fields, policy, granted) => {
    expect(judge(200, fields, policy)).toMatchObject({ store: true, granted });
  });
});
