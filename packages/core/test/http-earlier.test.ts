import { describe, expect, test } from "vitest";
import { memoryBackend } from "../../backend-memory/src/index.ts";
import { faultyBackend, manualClock } from "../../testing/src/index.ts";
import type { HeaderFields, RouteOptions } from "../src/http/index.ts";
import { request } from "./http-request.ts";
import { type Handler, Site, start } from "./http-site.ts";

/** A site with middleware before the cached route. */
const behind = (earlier: HeaderFields, fields: HeaderFields = [], route: RouteOptions = { ttl: "1m" }) =>
  new Site(() => ({ fields, body: "a" }), { route, earlier: () => earlier });

describe("what earlier middleware has said counts like the handler's own word", () => {
  test.each<[string, HeaderFields]>([
    ["no-store", [["Cache-Control", "no-store"]]],
    ["private", [["cache-control", "private"]]],
    ["set-cookie", [["Set-Cookie", "visitor=1"]]],
    ["csp-nonce", [["Content-Security-Policy", "script-src 'nonce-abc'"]]],
    ["vary: cookie", [["Vary", "Cookie"]]],
    ["vary: *", [["Vary", "*"]]],
  ])("%s", async (reason, earlier) => {
    const site = behind(earlier);
    const detail = reason.includes(":") ? `"${reason}"` : reason;
    for (const _ of [1, 2]) {
      const answer = await site.ask("/");
      expect(answer.state).toBe("miss");
      expect(answer.field("cache-status")).toBe(`cachette; fwd=uri-miss; detail=${detail}`);
      expect(answer.fields.slice(0, 1)).toEqual(earlier);
    }
  });

  test("the handler's word takes its place, as it does on the wire", async () => {
    const site = behind([["Cache-Control", "no-store"]], [["cache-control", "max-age=5"]]);
    await site.ask("/");
    const hit = await site.ask("/");
    expect(hit.state).toBe("hit");
    expect(hit.field("cache-control")).toBe("max-age=5");
  });

  test("freshness is heard in strict mode too", async () => {
    const site = behind([["Cache-Control", "public, max-age=30"]], [], {});
    const miss = await site.ask("/");
    expect(miss.field("cache-status")).toBe("cachette; fwd=uri-miss; stored; ttl=30");
    // Set by the same middleware again, and not a second time.
    for (const answer of [miss, await site.ask("/")]) expect(answer.field("cache-control")).toBe("public, max-age=30");
  });

  test("Vary keeps apart what it names", async () => {
    const site = new Site(({ header }) => ({ body: header("accept-language") ?? "" }), {
      earlier: () => [["Vary", "Accept-Language"]],
    });
    for (const state of ["miss", "hit"]) {
      for (const body of ["de", "en"]) {
        const answer = await site.ask("/", { headers: { "accept-language": body } });
        expect(answer).toMatchObject({ state, body });
        expect(answer.field("vary")).toBe("Accept-Language");
      }
    }
  });

  test("a length that was announced before must be true", async () => {
    const site = behind([["Content-Length", "5"]]);
    expect((await site.ask("/")).field("cache-status")).toContain("incomplete");
  });
});

describe("what earlier middleware has set is its own on a hit", () => {
  test("it is not stored", async () => {
    let count = 0;
    const site = new Site(() => ({ body: "a" }), { earlier: () => [["X-Request-Id", String(++count)]] });
    expect((await site.ask("/")).field("x-request-id")).toBe("1");
    const hit = await site.ask("/");
    expect(hit.state).toBe("hit");
    expect(hit.field("x-request-id")).toBe("2");
  });

  test("CORS: the origin of the request, not that of the first one", async () => {
    const site = new Site(() => ({ body: "a" }), {
      route: { ttl: "1m", vary: ["accept-language"] },
      earlier: ({ header }) => [
        ["Access-Control-Allow-Origin", header("origin") ?? ""],
        ["Vary", "Origin"],
      ],
    });
    for (const [origin, state] of [
      ["https://a.example", "miss"],
      ["https://b.example", "hit"],
    ]) {
      // biome-ignore format: one line
      const answer = await site.ask("/", { headers: { origin: String(origin) } });
      expect(answer.state).toBe(state);
      expect(answer.field("access-control-allow-origin")).toBe(origin);
      expect(answer.field("vary")).toBe("Origin, accept-language");
    }
  });

  const readsOrigin: [string, Handler][] = [
    ["by its name", ({ header }) => ({ body: `for ${header("origin")}` })],
    ["among all fields", ({ names, header }) => ({ body: `for ${[...names()].map((name) => header(name)).join()}` })],
  ];
  test.each(readsOrigin)("CORS: an answer that is made of the origin, read %s, is for that origin", async (_, made) => {
    const earlier = () => [["Vary", "Origin"]] as const;
    const site = new Site(made, { earlier, watched: true });
    for (const state of ["miss", "hit"]) {
      for (const origin of ["https://a.example", "https://b.example"]) {
        const answer = await site.ask("/", { headers: { origin } });
        expect(answer.state).toBe(state);
        expect(answer.body).toBe(`for ${origin}`);
      }
    }
  });

  test("CORS: the handler adds to the Vary it finds", async () => {
    const vary: HeaderFields = [["Vary", "Origin, Accept-Language"]];
    const site = behind([["Vary", "Origin"]], vary, { ttl: "1m", vary: ["accept-language"] });
    for (const state of ["miss", "hit"]) {
      const answer = await site.ask("/");
      expect(answer.state).toBe(state);
      expect(answer.field("vary")?.toLowerCase()).toBe("origin, accept-language");
    }
  });

  test.each<[string, HeaderFields, HeaderFields]>([
    ["names it itself", [], [["Vary", "Origin"]]],
    ["relies on earlier middleware to name it", [["Vary", "Origin"]], []],
  ])("CORS: a handler that picks the origin, and %s, is asked for each of them", async (_, earlier, own) => {
    const site = new Site(
      ({ header }) => ({ fields: [...own, ["access-control-allow-origin", header("origin") ?? ""]] }),
      { earlier: () => earlier },
    );
    for (const state of ["miss", "hit"]) {
      for (const origin of ["https://a.example", "https://b.example"]) {
        const answer = await site.ask("/", { headers: { origin } });
        expect(answer.state).toBe(state);
        expect(answer.field("access-control-allow-origin")).toBe(origin);
        expect(answer.field("vary")).toBe("Origin");
      }
    }
  });

  test("a Vary that only some requests meet earlier is kept beside the stored one", async () => {
    const site = new Site(() => ({ body: "a" }), {
      route: { ttl: "1m", vary: ["b"] },
      earlier: ({ header }) => (header("origin") === undefined ? [] : [["vary", "Origin, B"]]),
    });
    expect((await site.ask("/")).field("vary")).toBe("b");
    const hit = await site.ask("/", { headers: { origin: "https://a.example" } });
    expect(hit.state).toBe("hit");
    expect(hit.field("vary")).toBe("Origin, B");
    expect(hit.fields.filter(([name]) => name.toLowerCase() === "vary")).toHaveLength(1);
  });
});

test.each([true, false])(
  "an adapter that cannot tell what was earlier: the handler answers, remote: %s",
  async (remote) => {
    const clock = manualClock(start);
    const backend = faultyBackend(memoryBackend({ maxEntries: 10, clock }), { clock, remote });
    let fails = false;
    const site = new Site(() => ({ body: "a" }), { route: { ttl: "1m", vary: ["a"] }, cache: { backend, clock } });
    const begin = (url: string) =>
      site.http.begin(request(url), () => {
        if (fails) throw new Error("no fields today");
        return [];
      });
    await site.ask("/");
    fails = true;
    const bypass = { state: "bypass", fields: expect.arrayContaining([["X-Cache", "BYPASS"]]) };
    expect(await begin("/")).toEqual(bypass);
    expect(await begin("/b")).toEqual(bypass);
    fails = false;
    expect(await begin("/")).toMatchObject({ state: "hit" });
    expect(await begin("/b")).toMatchObject({ state: "miss" });
  },
);

test("without a word of what was earlier, the handler's own counts alone", async () => {
  const site = new Site(() => ({ body: "a" }));
  const ticket = await site.http.begin(request("/"));
  expect(ticket.state).toBe("miss");
  if (ticket.state === "miss") {
    const { set } = ticket.commit({ status: 200, fields: [] }, new Uint8Array(0));
    expect(Object.fromEntries(set)["Cache-Status"]).toContain("stored");
  }
});
