import { describe, expect, test } from "vitest";
import { turn } from "../../testing/src/turn.ts";
import type { HeaderFields, RouteOptions } from "../src/http/index.ts";
import { type Sent, Site } from "./http-site.ts";

const control = (value: string): HeaderFields => [["Cache-Control", value]];
const asking = (value: string) => ({ headers: { "cache-control": value } });
const brief = ({ state, body }: Sent) => `${state} ${body}`;

function counting(fields: HeaderFields = [], route: RouteOptions = { ttl: "1m" }): Site {
  const site: Site = new Site(() => ({ fields, body: `run ${site.runs}` }), { route });
  return site;
}

describe("only-if-cached (RFC 9111 5.2.1.7)", () => {
  test("504 when there is nothing, and the handler does not run", async () => {
    const site = counting();
    const answer = await site.ask("/", asking("only-if-cached"));
    expect(answer).toMatchObject({ status: 504, body: undefined });
    expect(answer.field("content-length")).toBe("0");
    expect(answer.field("cache-status")).toBe("cachette; detail=only-if-cached");
    expect(answer.field("x-cache")).toBe("MISS");
    expect(site.runs).toBe(0);
    await site.ask("/");
    expect(brief(await site.ask("/", asking("only-if-cached")))).toBe("hit run 1");
    await site.clock.advance("1m");
    expect(await site.ask("/", asking("only-if-cached"))).toMatchObject({ status: 504 });
    expect(await site.ask("/", { method: "HEAD", ...asking("only-if-cached") })).toMatchObject({ status: 504 });
    expect(site.runs).toBe(1);
  });

  test("does not wait for a load, nor hold one up", async () => {
    const site = counting();
    const leader = await site.begin("/");
    expect(await site.ask("/", asking("only-if-cached"))).toMatchObject({ status: 504 });
    if (leader.state === "miss") leader.commit({ status: 200, fields: [] }, new Uint8Array(1));
    expect(await site.ask("/", asking("only-if-cached"))).toMatchObject({ state: "hit", status: 200 });
  });

  test("together with other wishes", async () => {
    const site = counting(control("max-age=10"));
    await site.ask("/");
    await site.clock.advance("5s");
    expect(brief(await site.ask("/", asking("only-if-cached, max-age=5")))).toBe("hit run 1");
    expect(await site.ask("/", asking("only-if-cached, max-age=4"))).toMatchObject({ status: 504 });
    await site.clock.advance("10s");
    expect(await site.ask("/", asking("only-if-cached"))).toMatchObject({ status: 504 });
    site.handler = () => ({ fields: [...control("max-age=10"), ["ETag", '"a"']], body: `run ${site.runs}` });
    await site.ask("/");
    await site.clock.advance("15s");
    expect(brief(await site.ask("/", asking("only-if-cached, max-stale=10")))).toBe("stale run 2");
    expect(await site.ask("/", asking("only-if-cached, max-stale=4"))).toMatchObject({ status: 504 });
  });

  test("chooses among variants", async () => {
    const site = new Site(({ header }) => ({ fields: [["Vary", "A"]], body: String(header("a")) }));
    await site.ask("/", { headers: { a: "1" } });
    const ask = (a: string) => site.ask("/", { headers: { a, "cache-control": "only-if-cached" } });
    expect(await ask("1")).toMatchObject({ state: "hit", body: "1" });
    expect(await ask("2")).toMatchObject({ status: 504 });
  });

  test("is not heard where clients have no say", async () => {
    const site = counting([], { ttl: "1m", clientDirectives: "ignore" });
    expect(brief(await site.ask("/", asking("only-if-cached")))).toBe("miss run 1");
  });
});

describe("max-age and min-fresh", () => {
  test.each<[string, string]>([
    ["max-age=30", "hit run 1"],
    ["max-age=29", "miss run 2"],
    ["min-fresh=30", "hit run 1"],
    ["min-fresh=31", "miss run 2"],
    ["max-age=30, min-fresh=30", "hit run 1"],
    ["max-age=30, min-fresh=31", "miss run 2"],
  ])("%s, half a minute after the fill of a minute", async (wish, expected) => {
    const site = counting();
    await site.ask("/");
    await site.clock.advance("30s");
    const answer = await site.ask("/", asking(wish));
    expect(brief(answer)).toBe(expected);
    if (answer.state === "miss") expect(answer.field("cache-status")).toContain("fwd=request; stored");
    expect((await site.ask("/")).body).toBe(answer.body);
  });

  test("the age that it came with counts", async () => {
    const site = counting([...control("max-age=3600"), ["Age", "1800"]]);
    await site.ask("/");
    await site.clock.advance("2s");
    expect(brief(await site.ask("/", asking("max-age=1802")))).toBe("hit run 1");
    expect(brief(await site.ask("/", asking("max-age=1801")))).toBe("miss run 2");
  });

  test("with nothing stored it is a miss like any other", async () => {
    const site = counting();
    expect((await site.ask("/", asking("max-age=0"))).field("cache-status")).toBe(
      "cachette; fwd=uri-miss; stored; ttl=60",
    );
  });
});

describe("reloadEvery: how often clients can have it their way", () => {
  /** Asks so every tenth of a second, for three seconds. */
  async function pressed(site: Site, wish: string): Promise<number> {
    for (let step = 0; step < 30; step++) {
      await site.ask("/", asking(wish));
      await site.clock.advance(100);
    }
    return site.runs;
  }

  test.each(["no-cache", "max-age=0", "max-age=soon", "min-fresh=9999", "max-age=0, max-stale=5"])(
    "%s: once a second",
    async (wish) => {
      expect(await pressed(counting(), wish)).toBe(3);
    },
  );

  test("Pragma too", async () => {
    const site = counting();
    for (let step = 0; step < 30; step++) {
      await site.ask("/", { headers: { pragma: "no-cache" } });
      await site.clock.advance(100);
    }
    expect(site.runs).toBe(3);
  });

  test("an answer that came with an age", async () => {
    expect(await pressed(counting([...control("max-age=3600"), ["Age", "1800"]]), "max-age=60")).toBe(3);
  });

  test("another time, and none at all", async () => {
    expect(await pressed(counting([], { ttl: "1m", reloadEvery: "2s" }), "no-cache")).toBe(2);
    expect(await pressed(counting([], { ttl: "1m", reloadEvery: 0 }), "no-cache")).toBe(30);
  });

  test("a reload that fails is not tried again for a second, unless there are no bounds", async () => {
    for (const [reloadEvery, runs] of [
      ["1s", 3],
      [0, 21],
    ] as const) {
      const site: Site = new Site(() => (site.runs === 1 ? { body: "first" } : { status: 500 }), {
        route: { ttl: "1m", reloadEvery },
      });
      await site.ask("/");
      await site.clock.advance("5s");
      for (let step = 0; step < 20; step++) {
        await site.ask("/", asking("no-cache"));
        await site.clock.advance(100);
      }
      expect(site.runs).toBe(runs);
    }
  });

  test("of every variant", async () => {
    const site: Site = new Site(() => ({ fields: [["Vary", "A"]], body: `run ${site.runs}` }));
    for (let step = 0; step < 30; step++) {
      for (const a of ["1", "2"]) await site.ask("/", { headers: { a, "cache-control": "no-cache" } });
      await site.clock.advance(100);
    }
    expect(site.runs).toBe(6);
  });

  test("a clock that was set back changes nothing about it", async () => {
    const site = counting();
    await site.ask("/");
    site.clock.set(site.clock.now() - 3_600_000);
    expect(brief(await site.ask("/", asking("no-cache")))).toBe("hit run 1");
  });

  test("twenty reloads at once are one", async () => {
    const site = counting();
    await site.ask("/");
    await site.clock.advance("2s");
    const leader = await site.begin("/", asking("no-cache"));
    const others = Array.from({ length: 19 }, () => site.ask("/", asking("max-age=1")));
    await turn();
    if (leader.state !== "miss") throw new Error(`${leader.state} in place of a miss`);
    leader.commit({ status: 200, fields: [] }, Buffer.from("new"));
    for (const answer of await Promise.all(others)) expect(brief(answer)).toBe("hit new");
    expect(site.runs).toBe(1);
  });

  test("is checked", () => {
    expect(() => counting([], { reloadEvery: -1 })).toThrow(expect.objectContaining({ code: "OPTION_INVALID" }));
  });
});

describe("max-stale (RFC 9111 4.2.4)", () => {
  const fields = (value = "max-age=10"): HeaderFields => [...control(value), ["ETag", '"a"']];

  async function after(seconds: number, first: HeaderFields, wish: string, route: RouteOptions = {}) {
    const site: Site = new Site(() => ({ fields: first, body: `run ${site.runs}` }), { route });
    await site.ask("/");
    await site.clock.advance(1000 * seconds);
    return { site, answer: await site.ask("/", asking(wish)) };
  }

  test.each<[string, string]>([
    ["max-stale", "stale run 1"],
    ["max-stale=6", "stale run 1"],
    ["max-stale=5", "miss run 2"],
    ["max-stale=long", "miss run 2"],
    ["max-stale, max-age=15", "stale run 1"],
    ["max-stale, max-age=14", "miss run 2"],
    ["max-stale, min-fresh=1", "miss run 2"],
    ["max-stale, no-cache", "miss run 2"],
    ["max-age=60", "miss run 2"],
  ])("%s, five seconds after it was fresh", async (wish, expected) => {
    const { site, answer } = await after(15, fields(), wish);
    expect(brief(answer)).toBe(expected);
    if (answer.state !== "stale") return;
    expect(answer.field("cache-status")).toBe("cachette; hit; ttl=-5; detail=max-stale");
    expect(answer.field("x-cache")).toBe("STALE");
    expect(answer.field("age")).toBe("15");
    expect(site.runs).toBe(1);
  });

  test.each(["must-revalidate", "proxy-revalidate", "s-maxage=10"])("%s forbids it", async (directive) => {
    const { answer } = await after(15, fields(`max-age=10, ${directive}`), "max-stale");
    expect(brief(answer)).toBe("miss run 2");
  });

  test("where nothing was said of it, the no-cache of the cache's own forbids nothing", async () => {
    const { answer } = await after(15, [["ETag", '"a"']], "max-stale", { ttl: "10s" });
    expect(brief(answer)).toBe("stale run 1");
    expect(answer.field("cache-control")).toBe("no-cache");
  });

  test("what earlier middleware forbids is forbidden", async () => {
    const site: Site = new Site(() => ({ fields: [["ETag", '"a"']], body: `run ${site.runs}` }), {
      route: {},
      earlier: () => control("max-age=10, must-revalidate"),
    });
    await site.ask("/");
    await site.clock.advance("15s");
    expect(brief(await site.ask("/", asking("max-stale")))).toBe("miss run 2");
  });

  test("what was purged softly is not given, fresh as it may look", async () => {
    const site = counting(fields("max-age=60"));
    await site.ask("/");
    await site.cache.clear({ soft: true });
    expect(brief(await site.ask("/", asking("max-stale, max-age=60")))).toBe("miss run 2");
  });

  test("within a window of its own it is the client's word that counts", async () => {
    const window: HeaderFields = control("max-age=10, stale-while-revalidate=60");
    expect(brief((await after(15, window, "max-stale=5")).answer)).toBe("miss run 2");
    expect(brief((await after(15, window, "max-stale=6")).answer)).toBe("stale run 1");
    expect(brief((await after(15, window, "max-age=60")).answer)).toBe("miss run 2");
  });

  test("no refresh is begun for it", async () => {
    const { site } = await after(15, fields(), "max-stale");
    const ticket = await site.begin("/", asking("max-stale"));
    expect(ticket).toMatchObject({ state: "stale", refresh: undefined });
  });
});
