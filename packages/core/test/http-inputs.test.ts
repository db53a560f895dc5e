import { describe, expect, test } from "vitest";
import { Site } from "./http-site.ts";

const minute = { ttl: "1m" } as const;

describe("a handler that is watched", () => {
  test("has an answer for each language that it asks for, without being told", async () => {
    const site = new Site(({ header }) => ({ body: `${header("accept-language")}` }), { watched: true, route: minute });
    for (const state of ["miss", "hit"]) {
      for (const language of ["de", "en-GB, de;q=0.5", undefined]) {
        const headers = language === undefined ? {} : { "accept-language": language };
        const answer = await site.ask("/", { headers });
        expect([answer.state, answer.body, answer.field("vary")]).toEqual([state, `${language}`, "accept-language"]);
      }
    }
  });

  test("that comes to ask for more has variants by all of it", async () => {
    let names = ["accept-language"];
    const site = new Site(({ header }) => ({ body: names.map(header).join() }), { watched: true, route: minute });
    const ask = (headers: Record<string, string>) => site.ask("/", { headers });
    await ask({ "accept-language": "de" });
    names = ["accept-language", "accept"];
    await ask({ "accept-language": "en", accept: "a/b" });
    expect((await ask({ "accept-language": "en", accept: "c/d" })).body).toBe("en,c/d");
    expect((await ask({ "accept-language": "en", accept: "a/b" })).state).toBe("hit");
  });

  test("that reads something unkeyed serves each what is theirs, says why, counts, and tells of it once", async () => {
    const site = new Site(({ header }) => ({ body: `${header("x-tenant")} ${header("x-other")}` }), {
      watched: true,
      route: minute,
    });
    for (const tenant of ["a", "b", "a"]) {
      const answer = await site.ask("/", { headers: { "x-tenant": tenant } });
      expect([answer.state, answer.body]).toEqual(["miss", `${tenant} undefined`]);
      expect(answer.field("cache-status")).toBe(
        'cachette; fwd=uri-miss; detail="unkeyed-input: x-tenant; vary: [\\"x-tenant\\"] or unkeyed: [\\"x-tenant\\"]"',
      );
    }
    expect(site.cache.counters().refusals).toEqual({ "unkeyed-input": 3 });
    expect(site.events.filter(({ type }) => type === "unkeyed-input")).toEqual([
      expect.objectContaining({ input: "x-tenant", remedy: 'vary: ["x-tenant"] or unkeyed: ["x-tenant"]' }),
    ]);
  });

  test("that somebody makes read something unkeyed does not lose what is stored for all", async () => {
    const site = new Site(
      ({ header }) => ({ fields: [["Cache-Control", "max-age=60"]], body: header("x-forwarded-host") ?? "ours" }),
      { watched: true, route: {} },
    );
    await site.ask("/");
    await site.clock.advance("2s");
    const attack = await site.ask("/", { headers: { "x-forwarded-host": "theirs", "cache-control": "no-cache" } });
    expect([attack.state, attack.body]).toEqual(["miss", "theirs"]);
    const after = await site.ask("/");
    expect([after.state, after.body]).toEqual(["hit", "ours"]);
  });

  test("is watched in the background too", async () => {
    let reads = false;
    const site = new Site(({ header }) => ({ body: reads ? `${header("x-tenant")}` : "for all" }), {
      watched: true,
      route: { ttl: "1m", staleWhileRevalidate: "1m" },
    });
    await site.ask("/");
    await site.clock.advance("61s");
    reads = true;
    await site.ask("/", { headers: { "x-tenant": "a" } });
    await site.refreshed();
    expect((await site.ask("/")).body).toBe("for all");
  });
});

describe("a handler that reads all fields", () => {
  const all = () =>
    new Site((seen) => ({ body: [...seen.names()].sort().join() || "nothing" }), { watched: true, route: minute });

  test("is stored for requests in which nothing is unknown, and for those only", async () => {
    const site = all();
    await site.ask("/");
    expect((await site.ask("/")).state).toBe("hit");
    const other = await site.ask("/", { headers: { "x-tenant": "a" } });
    expect([other.state, other.body]).toEqual(["miss", "x-tenant"]);
    expect((await site.ask("/", { headers: { "x-tenant": "a" } })).state).toBe("miss");
    expect((await site.ask("/")).state).toBe("hit");
  });

  test("has variants by what is negotiated, hints that came later included", async () => {
    const site = all();
    await site.ask("/", { headers: { "accept-language": "de" } });
    expect((await site.ask("/", { headers: { "accept-language": "de", dpr: "2" } })).body).toBe("accept-language,dpr");
    expect((await site.ask("/", { headers: { "accept-language": "en", dpr: "1" } })).state).toBe("miss");
    expect((await site.ask("/", { headers: { "accept-language": "en", dpr: "1" } })).state).toBe("hit");
  });

  test("and grants freshness itself is stored for all, but for requests that say where they were meant to go", async () => {
    const site = new Site((seen) => ({ fields: [["Cache-Control", "max-age=60"]], body: [...seen.names()].join() }), {
      watched: true,
      route: {},
    });
    expect((await site.ask("/", { headers: { "x-forwarded-host": "a" } })).field("cache-status")).toContain(
      "unkeyed-input: x-forwarded-host",
    );
    await site.ask("/", { headers: { "user-agent": "a" } });
    expect((await site.ask("/", { headers: { "user-agent": "b" } })).state).toBe("hit");
  });
});
