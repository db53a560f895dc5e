import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type RequestParts, request } from "../../test/http-request.ts";
import { joinKey } from "../key-builder.ts";
import { fullKey, Spaces } from "../space.ts";
import { type HttpKey, type HttpKeyOptions, HttpKeys } from "./http-key.ts";
import { judgeRequest, type RequestPolicy } from "./request-policy.ts";

const plain: HttpKeyOptions = { host: true, vary: [], cookies: [], key: undefined };

const keysOf = (options: Partial<HttpKeyOptions> = {}) => {
  const keys = new HttpKeys({ ...plain, ...options });
  return (url: string, parts: RequestParts = {}) => (keys.of(request(url, parts)) as HttpKey).tail;
};

describe("tails, as people read them", () => {
  test.each<[string, string, RequestParts, Partial<HttpKeyOptions>]>([
    ["GET:http://localhost:8000/slow?q=42", "/slow?q=42", {}, {}],
    ["GET:http://a.example/", "/", { host: "a.example:80" }, {}],
    ["GET:http://a.example:443/", "/", { host: "a.example:443" }, {}],
    ["GET:https://a.example/", "/", { host: "a.example:443", scheme: "https" }, {}],
    ["GET:https://a.example:80/", "/", { host: "a.example:80", scheme: "https" }, {}],
    ["GET:http://a.example/A", "/A", { host: "A.EXAMPLE" }, {}],
    ["GET:http://[::1]/", "/", { host: "[::1]:80" }, {}],
    ["GET:http:///", "/", { host: "" }, {}],
    ["GET:http://?/", "/", { host: null }, {}],
    ["GET:/slow", "/slow", {}, { host: false }],
    ['GET:/ accept-language="de"', "/", { headers: { "accept-language": "de" } }, { host: false, vary: ["accept-language"] }], // biome-ignore format: one line a case
    ["GET:/ accept-language=undefined", "/", {}, { host: false, vary: ["accept-language"] }],
    ['GET:/ accept-language=""', "/", { headers: { "accept-language": "" } }, { host: false, vary: ["accept-language"] }], // biome-ignore format: one line a case
    ['GET:/ b="1" a="2"', "/", { headers: { a: "2", b: "1" } }, { host: false, vary: ["b", "a"] }],
    ['GET:/ cookie.theme="dark"', "/", { headers: { cookie: "id=1;theme=dark ; x" } }, { host: false, cookies: ["theme"] }], // biome-ignore format: one line a case
    ["GET:/ cookie.theme=undefined", "/", { headers: { cookie: "Theme=dark; theme" } }, { host: false, cookies: ["theme"] }], // biome-ignore format: one line a case
    ['GET:/ cookie.theme=""', "/", { headers: { cookie: "theme=" } }, { host: false, cookies: ["theme"] }],
    ['GET:/ cookie.theme="a=b"', "/", { headers: { cookie: "theme=a=b" } }, { host: false, cookies: ["theme"] }],
    ['GET:/ cookie.theme="\\"a\\""', "/", { headers: { cookie: 'theme="a"' } }, { host: false, cookies: ["theme"] }],
    ['GET:/ cookie.theme="a","b"', "/", { headers: { cookie: "theme=a; theme=b" } }, { host: false, cookies: ["theme"] }], // biome-ignore format: one line a case
  ])("%s", (tail, url, parts, options) => {
    expect(keysOf(options)(url, parts)).toBe(tail);
  });

  test("HEAD has the key of GET", () => {
    expect(keysOf()("/a?b", { method: "HEAD" })).toBe(keysOf()("/a?b"));
  });

  test("the query is taken as it is", () => {
    const key = keysOf();
    const urls = ["/?a=1&b=2", "/?b=2&a=1", "/?a=1&b=2&", "/?a=1&&b=2", "/?a=1&b=%32", "/?a=1&a=1&b=2", "/?", "/"];
    expect(new Set(urls.map((url) => key(url))).size).toBe(urls.length);
  });

  test("what is keyed is told, so that Vary may name it", () => {
    const keyed = (options: Partial<HttpKeyOptions>) => [
      ...(new HttpKeys({ ...plain, ...options }).of(request("/")) as HttpKey).keyed,
    ];
    expect(keyed({})).toEqual([]);
    expect(keyed({ vary: ["accept-language"] })).toEqual(["accept-language"]);
    expect(keyed({ vary: ["accept-language"], cookies: ["theme"] })).toEqual(["accept-language", "cookie"]);
  });
});

describe("key builders", () => {
  test("extend the default tail, or make another", () => {
    const key = keysOf({ host: false, key: (input, tail) => joinKey(tail(), input.header("X-User-Id")) });
    expect(key("/a", { headers: { "x-user-id": "7" } })).toBe('GET:/a|"7"');
    expect(key("/a")).toBe("GET:/a|undefined");
    expect(keysOf({ key: () => "mine" })("/a")).toBe("mine");
  });

  test("what a builder reads is keyed, without leaking into other requests", async () => {
    let reads = ["X-User-Id", "accept-language", "*"];
    const keys = new HttpKeys({
      ...plain,
      vary: ["x-a"],
      key: async (input, tail) => {
        await undefined;
        return joinKey(tail(), ...reads.map((name) => input.header(name)));
      },
    });
    const first = await keys.of(request("/"));
    expect([...first.keyed]).toEqual(["x-a", "x-user-id", "accept-language"]);
    reads = [];
    expect([...(await keys.of(request("/"))).keyed]).toEqual(["x-a"]);
  });

  test("a builder sees the request as it is", () => {
    const key = keysOf({ key: ({ method, url, scheme, host }) => [method, url, scheme, host].join(" ") });
    expect(key("/a", { method: "HEAD", scheme: "https", host: "A:1" })).toBe("HEAD /a https A:1");
  });

  test.each([undefined, "", 1, null, {}])("what is no text, or an empty one, is refused: %j", async (made) => {
    const keys = new HttpKeys({ ...plain, key: () => made as string });
    expect(() => keys.of(request("/"))).toThrow(expect.objectContaining({ code: "KEY_INVALID" }));
    const later = new HttpKeys({ ...plain, key: async () => made as string });
    await expect(later.of(request("/"))).rejects.toMatchObject({ code: "KEY_INVALID" });
  });
});

describe("two different requests never share a tail", () => {
  // Everything that could be taken for a separator of keys, and what HTTP calls the same, side by side.
  const piece = fc.constantFrom(
    ..."/?&=;#|:,.\"'\\%{}[]()<>@!*~ab1Aü\u0000\u0001\u00a0\u00ff",
    "%2F",
    "%2f",
    "//",
    "/../",
    "%00",
    ' a="1"',
    ' cookie.c="1"',
    '|"1"',
    "undefined",
    "GET:",
    "http://",
    "localhost:8000", // biome-ignore format: two lines
  );
  const text = fc.array(piece, { maxLength: 6 }).map((pieces) => pieces.join(""));
  const optional = fc.option(fc.oneof(fc.constantFrom("", "1", '1" b="1'), text), { nil: undefined });
  const parts = fc.record({
    url: text.map((rest) => `/${rest}`),
    scheme: fc.constantFrom("http", "https"),
    host: fc.constantFrom(null, "", "a", "A", "a:80", "a:443", "a:", "a.b", "localhost:8000", "[::1]", "[::1]:80", "?"),
    a: optional,
    b: optional,
    cookie: fc.option(
      fc
        .array(fc.tuple(fc.constantFrom("c", "d", "C", " c", "c\u00a0"), fc.oneof(text, fc.constantFrom("", "1"))))
        .map((pairs) => pairs.map(([name, value]) => `${name}=${value.replaceAll(";", "")}`).join(";")),
      { nil: undefined },
    ),
  });
  type Parts = typeof parts extends fc.Arbitrary<infer Value> ? Value : never;

  const viewOf = ({ url, scheme, host, a, b, cookie }: Parts) => {
    const headers = Object.entries({ a, b, cookie }).filter(([, value]) => value !== undefined);
    return request(url, { scheme, host, headers: Object.fromEntries(headers) as Record<string, string> });
  };

  /** What the key has to tell apart, in a form of its own: HTTP's equalities applied, cookies `c` and `d` picked out. */
  const meaning = ({ url, scheme, host, a, b, cookie }: Parts) => {
    const port = scheme === "http" ? ":80" : ":443";
    const lower = host?.toLowerCase();
    const valuesOf = (name: string) =>
      (cookie ?? "")
        .split(";")
        .map((pair) => /^[ \t]*([^=]*?)[ \t]*=[ \t]*(.*?)[ \t]*$/s.exec(pair))
        .flatMap((match) => (match?.[1] === name ? [match[2]] : []));
    return JSON.stringify([
      url,
      scheme,
      lower?.endsWith(port) ? lower.slice(0, -port.length) : lower,
      [a, a === undefined],
      [b, b === undefined],
      valuesOf("c"),
      valuesOf("d"),
    ]);
  };

  const keys = new HttpKeys({ ...plain, vary: ["a", "b"], cookies: ["c", "d"] });
  const policy: RequestPolicy = {
    methods: new Set(["GET"]),
    owned: false,
    clientDirectives: "honour",
    cookies: "accept",
    reloadEvery: 0,
  };
  const admitted = (view: ReturnType<typeof viewOf>) => judgeRequest(view, policy).use;
  const key = (view: ReturnType<typeof viewOf>) => fullKey(new Spaces("p").of("n"), (keys.of(view) as HttpKey).tail);

  test("pairs of requests", () => {
    const pair = fc.oneof(
      fc.tuple(parts, parts),
      // All alike but for one part: where keys come close.
      fc.tuple(parts, parts, fc.constantFrom("url", "scheme", "host", "a", "b", "cookie")).map(
        ([left, right, name]) => [left, { ...left, [name]: right[name] }] as [Parts, Parts],
      ), // biome-ignore format: one line
    );
    let compared = 0;
    fc.assert(
      fc.property(pair, ([left, right]) => {
        const [leftView, rightView] = [viewOf(left), viewOf(right)];
        if (!admitted(leftView) || !admitted(rightView)) return true;
        compared++;
        return (key(leftView) === key(rightView)) === (meaning(left) === meaning(right));
      }),
      { numRuns: 3_000 },
    );
    expect(compared).toBeGreaterThan(500);
  });

  test("a value moved from one field into the next", () => {
    const tail = keysOf({ vary: ["a", "b"], cookies: ["c"] });
    const tails = [
      tail("/", { headers: { a: '1" b="2' } }),
      tail("/", { headers: { a: "1", b: "2" } }),
      tail("/", { headers: { b: '1" b="2' } }),
      tail("/", { headers: { a: "undefined" } }),
      tail("/", { headers: {} }),
      tail("/", { headers: { a: "" } }),
      tail("/", { headers: { b: '" cookie.c="' } }),
      tail("/", { headers: { cookie: 'c=" b="' } }),
      tail('/"a="1"', { headers: {} }),
    ];
    expect(new Set(tails).size).toBe(tails.length);
  });

  test("of one cookie given twice, no order can be taken for another", () => {
    const tail = keysOf({ cookies: ["c"] });
    const cookies = ["c=1; c=2", "c=2; c=1", "c=1", "c=2", 'c=1","2', "c=1,2", "c=1; c=1", "c=1; c", "c=1\u00a0"];
    const tails = cookies.map((cookie) => tail("/", { headers: { cookie } }));
    // `c` without a value is no cookie.
    expect(new Set(tails).size).toBe(cookies.length - 1);
  });

  test("long targets: shortened keys differ, and no short target makes one", () => {
    const tail = keysOf({ host: false });
    const of = (url: string) => fullKey(new Spaces("p").of(undefined), tail(url));
    const long = `/${"a".repeat(8_192)}`;
    const shortened = of(long);
    expect(shortened.length).toBeLessThan(260);
    expect(shortened.startsWith("p::GET:/aaaa")).toBe(true);
    expect(of(`${long}b`)).not.toBe(shortened);
    expect(of(`/b${long.slice(2)}`)).not.toBe(shortened);
    const crafted = shortened.slice("p::GET:".length);
    expect(of(crafted)).not.toBe(shortened);

    fc.assert(
      fc.property(fc.integer({ min: 200, max: 300 }), fc.integer({ min: 200, max: 300 }), (one, other) => {
        return (of(`/${"a".repeat(one)}`) === of(`/${"a".repeat(other)}`)) === (one === other);
      }),
    );
  });
});
