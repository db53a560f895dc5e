import { describe, expect, test } from "vitest";
import { turn } from "../../testing/src/turn.ts";
import type { HeaderFields, RouteOptions } from "../src/http/index.ts";
import { byteBackend } from "./byte-backend.ts";
import { type Answer, octets, type Sent, Site, type SiteOptions } from "./http-site.ts";

const backends: [string, SiteOptions["backend"]][] = [
  ["memory", undefined],
  ["bytes", (clock) => byteBackend(clock).backend],
];

/** A handler whose answers are given by hand, one after the other. */
function held(options: SiteOptions) {
  const waiting: ((answer: Answer | Error) => void)[] = [];
  const site: Site = new Site(async () => {
    const answer = await new Promise<Answer | Error>((resolve) => waiting.push(resolve));
    if (answer instanceof Error) throw answer;
    return answer;
  }, options);
  const settle = async () => {
    for (let turns = 0; turns < 5; turns++) await turn();
  };
  return {
    site,
    /** How many runs are under way. */
    async running() {
      await settle();
      return waiting.length;
    },
    /** Ends all runs that are under way. */
    async answer(answer: Answer | Error) {
      await settle();
      for (const end of waiting.splice(0)) end(answer);
      await settle();
    },
  };
}

const control = (value: string): HeaderFields => [["Cache-Control", value]];
const brief = ({ state, body }: Sent) => `${state} ${body}`;

describe.each(backends)("stale-while-revalidate step by step, on %s", (_, backend) => {
  const route: RouteOptions = { ttl: "10s", staleWhileRevalidate: "20s" };
  const options = (more: SiteOptions = {}): SiteOptions => ({ route, ...more, ...(backend && { backend }) });

  /** A site with `first` stored, when that is just not fresh any more. */
  async function stale(more: SiteOptions = {}, fields: HeaderFields = []) {
    const made = held(options(more));
    const first = made.site.ask("/");
    await made.answer({ fields, body: "first" });
    await first;
    await made.site.clock.advance("10s");
    return made;
  }

  test("fresh, stale with a refresh in the background, fresh again, stale, gone", async () => {
    const { site, running, answer } = await stale();
    site.clock.set(site.clock.now() - 1);
    expect(brief(await site.ask("/"))).toBe("hit first");
    expect(site.runs).toBe(1);
    site.clock.set(site.clock.now() + 1);

    const told = await site.ask("/");
    expect(brief(told)).toBe("stale first");
    expect(told.field("cache-status")).toBe("cachette; hit; ttl=0; detail=stale-while-revalidate");
    expect(told.field("x-cache")).toBe("STALE");
    expect(told.field("age")).toBe("10");
    expect(await running()).toBe(1);
    await answer({ body: "second" });
    await site.refreshed();
    expect(brief(await site.ask("/"))).toBe("hit second");
    expect(site.runs).toBe(2);

    await site.clock.advance("29.999s");
    expect(brief(await site.ask("/"))).toBe("stale second");
    await answer(new Error("down"));
    await site.clock.advance(1);
    const gone = site.ask("/");
    await answer({ body: "third" });
    expect(brief(await gone)).toBe("miss third");
  });

  test("a hundred at once: nobody waits for anything, and one refresh runs", async () => {
    const { site, running, answer } = await stale();
    const all = await Promise.all(Array.from({ length: 100 }, () => site.ask("/")));
    expect(new Set(all.map(brief))).toEqual(new Set(["stale first"]));
    expect(await running()).toBe(1);
    await site.clock.advance("5s");
    expect(brief(await site.ask("/"))).toBe("stale first");
    expect(await running()).toBe(1);
    await answer({ body: "second" });
    expect(brief(await site.ask("/"))).toBe("hit second");
    expect(site.runs).toBe(2);
    expect(site.cache.counters()).toMatchObject({ stale: 101, loads: 2 });
  });

  test.each<[string, Answer | Error]>([
    ["throws", new Error("down")],
    ["answers 500", { status: 500, body: "oh" }],
    ["answers 503 with no-store", { status: 503, fields: control("no-store"), body: "oh" }],
    ["asks to come back later", { status: 429, body: "oh" }],
    ["breaks off", { fields: [["Content-Length", "99"]], body: "oh" }],
  ])(
    "a refresh that %s: what is stored stays within its window, and is left alone for a second",
    async (_, failure) => {
      const { site, running, answer } = await stale();
      expect(brief(await site.ask("/"))).toBe("stale first");
      await answer(failure);
      await site.refreshed();
      for (const by of [0, 500, 499]) {
        await site.clock.advance(by);
        expect(brief(await site.ask("/"))).toBe("stale first");
        expect(await running()).toBe(0);
      }
      expect(site.runs).toBe(2);
      await site.clock.advance(1);
      expect(brief(await site.ask("/"))).toBe("stale first");
      expect(await running()).toBe(1);
      await answer({ body: "second" });
      expect(brief(await site.ask("/"))).toBe("hit second");
    },
  );

  test("a refresh that fails to the end of the window: gone", async () => {
    const { site, running, answer } = await stale();
    for (let second = 0; second < 20; second++) {
      expect(brief(await site.ask("/"))).toBe("stale first");
      await answer(new Error("down"));
      await site.clock.advance("1s");
    }
    expect(site.runs).toBe(21);
    const gone = site.ask("/");
    expect(await running()).toBe(1);
    await answer({ status: 500, body: "oh" });
    expect(brief(await gone)).toBe("miss oh");
  });

  test("a refresh that hangs holds nobody back within the window, and at most a while after it", async () => {
    const { site, running, answer } = await stale({ cache: { patience: "5s" } });
    expect(brief(await site.ask("/"))).toBe("stale first");
    await site.clock.advance("19s");
    expect(brief(await site.ask("/"))).toBe("stale first");
    expect(await running()).toBe(1);
    await site.clock.advance("1s");
    const gone = site.ask("/");
    expect(await running()).toBe(1);
    await site.clock.advance("5s");
    expect(await running()).toBe(2);
    await answer({ body: "second" });
    expect(brief(await gone)).toBe("miss second");
  });

  test.each<[string, Answer]>([
    ["private", { fields: control("private"), body: "mine" }],
    ["no-store", { fields: control("no-store"), body: "mine" }],
    ["with a cookie", { fields: [["Set-Cookie", "a=b"]], body: "mine" }],
    ["for one only", { fields: [["Vary", "*"]], body: "mine" }],
    ["gone", { status: 410, body: "mine" }],
    ["an entrance", { status: 401, fields: [["WWW-Authenticate", "Basic"]], body: "mine" }],
    ["too large", { body: new Uint8Array(2 ** 20 + 1) }],
    ["with a field that cannot be written down", { fields: [["X-Name", "\u0141ukasz"]], body: "mine" }],
  ])("a refresh that comes back %s removes it", async (_, answered) => {
    const { site, answer } = await stale();
    expect(brief(await site.ask("/"))).toBe("stale first");
    await answer(answered);
    await site.refreshed();
    const next = site.ask("/");
    await answer({ body: "second" });
    expect(brief(await next)).toBe("miss second");
  });

  test("a refresh that comes when it was purged does not bring it back", async () => {
    const { site, answer } = await stale();
    await site.ask("/");
    await site.cache.clear();
    await answer({ body: "before the purge" });
    const next = site.ask("/");
    await answer({ body: "second" });
    expect(brief(await next)).toBe("miss second");
  });

  test("a refresh asks with the validators of the handler", async () => {
    const { site, answer } = await stale({}, [["ETag", '"a"']]);
    const ticket = await site.begin("/", { headers: { "if-none-match": '"mine"' } });
    if (ticket.state !== "stale") throw new Error(`${ticket.state} in place of stale`);
    expect(ticket.reply).toMatchObject({ status: 200 });
    expect(ticket.refresh?.ask).toEqual([["if-none-match", '"a"']]);
    ticket.refresh?.commit({ status: 304, fields: [] }, new Uint8Array(0));
    await turn();
    expect(brief(await site.ask("/"))).toBe("hit first");
    await answer({});
  });

  test("a refresh that is never carried out is given up, and the next one after a second tries", async () => {
    const { site, running } = await stale();
    const ticket = await site.begin("/");
    if (ticket.state !== "stale") throw new Error(`${ticket.state} in place of stale`);
    ticket.refresh?.abandon();
    expect(brief(await site.ask("/"))).toBe("stale first");
    expect(await running()).toBe(0);
    await site.clock.advance("1s");
    expect(brief(await site.ask("/"))).toBe("stale first");
    expect(await running()).toBe(1);
  });

  test("the client's own conditions are met by what is stale", async () => {
    const { site } = await stale({}, [["ETag", '"a"']]);
    expect(await site.ask("/", { headers: { "if-none-match": '"a"' } })).toMatchObject({ state: "stale", status: 304 });
    const part = await site.ask("/", { headers: { range: "bytes=-2" } });
    expect(part).toMatchObject({ state: "stale", status: 206, body: "st" });
  });

  test("a variant is refreshed for itself", async () => {
    const site: Site = new Site(
      ({ header }) => ({ fields: [["Vary", "A"]], body: `${header("a")} run ${site.runs}` }),
      options(),
    );
    for (const a of ["1", "2"]) await site.ask("/", { headers: { a } });
    await site.clock.advance("10s");
    expect(brief(await site.ask("/", { headers: { a: "2" } }))).toBe("stale 2 run 2");
    await site.refreshed();
    expect(brief(await site.ask("/", { headers: { a: "2" } }))).toBe("hit 2 run 3");
    expect(brief(await site.ask("/", { headers: { a: "1" } }))).toBe("stale 1 run 1");
  });

  test("tags that fail leave the refresh undone, not the reply", async () => {
    let fails = false;
    const tags = () => {
      if (fails) throw new Error("no tags today");
      return ["t"];
    };
    const { site, running } = await stale({ route: { ...route, tags } });
    fails = true;
    expect(brief(await site.ask("/"))).toBe("stale first");
    expect(await running()).toBe(0);
  });

  test("HEAD is not what keeps it going: it goes to the handler", async () => {
    const { site, answer } = await stale();
    const head = site.ask("/", { method: "HEAD" });
    await answer({ body: "" });
    expect(await head).toMatchObject({ state: "bypass" });
  });
});

describe("leave to be stale", () => {
  async function after(by: string, fields: HeaderFields, route: RouteOptions, second: Answer = { body: "second" }) {
    const site: Site = new Site(() => (site.runs === 1 ? { fields, body: "first" } : second), { route });
    await site.ask("/");
    await site.clock.advance(by as "1s");
    const answer = await site.ask("/");
    await site.refreshed();
    return brief(answer);
  }

  test.each<[string, string, string, RouteOptions]>([
    ["the answer's own word", "max-age=10, stale-while-revalidate=20", "stale first", {}],
    ["the route's word", "max-age=10", "stale first", { staleWhileRevalidate: "20s" }],
    ["the answer's before the route's", "max-age=10, stale-while-revalidate=3", "miss second", { staleWhileRevalidate: "20s" }],
    ["the answer's 0 before the route's", "max-age=10, stale-while-revalidate=0", "miss second", { staleWhileRevalidate: "20s" }],
    ["nobody's", "max-age=10", "miss second", {}],
    ["what cannot be read", "max-age=10, stale-while-revalidate=long", "miss second", { staleWhileRevalidate: "20s" }],
    ["must-revalidate", "max-age=10, stale-while-revalidate=20, must-revalidate", "miss second", { staleWhileRevalidate: "20s" }],
    ["proxy-revalidate", "max-age=10, stale-while-revalidate=20, Proxy-Revalidate", "miss second", { staleWhileRevalidate: "20s" }],
    ["s-maxage forbids the route's", "s-maxage=10", "miss second", { staleWhileRevalidate: "20s" }],
    ["s-maxage beside the answer's own", "s-maxage=10, stale-while-revalidate=20", "stale first", {}],
    ["max-age=0 with it", "max-age=0, stale-while-revalidate=20", "stale first", {}],
  ])("%s", async (_, value, expected, route) => {
    expect(await after("15s", control(value), route)).toBe(expected);
  }); // biome-ignore format: one line a case

  test("an answer that came when it was stale already has what is left of its window", async () => {
    const fields: HeaderFields = [["Cache-Control", "max-age=10, stale-while-revalidate=20"], ["Age", "15"]]; // biome-ignore format: one line
    expect(await after("14s", fields, {})).toBe("stale first");
    expect(await after("15s", fields, {})).toBe("miss second");
  });

  test("what earlier middleware forbids is forbidden", async () => {
    const make = (value: string) => {
      const site: Site = new Site(() => ({ body: `run ${site.runs}` }), {
        route: { staleWhileRevalidate: "20s" },
        earlier: () => control(value),
      });
      return site;
    };
    for (const [value, state] of [
      ["max-age=10", "stale"],
      ["max-age=10, must-revalidate", "miss"],
    ] as const) {
      const site = make(value);
      await site.ask("/");
      await site.clock.advance("15s");
      expect((await site.ask("/")).state).toBe(state);
      await site.refreshed();
    }
  });

  test("a soft purge gives no leave that was not there", async () => {
    for (const [value, state] of [
      ["max-age=60", "miss"],
      ["max-age=60, must-revalidate", "miss"],
      ["max-age=60, stale-while-revalidate=20", "stale"],
    ] as const) {
      const site: Site = new Site(() => ({ fields: control(value), body: `run ${site.runs}` }), { route: {} });
      await site.ask("/");
      await site.cache.clear({ soft: true });
      expect((await site.ask("/")).state).toBe(state);
      await site.refreshed();
      expect(brief(await site.ask("/"))).toBe("hit run 2");
    }
  });
});

describe.each(backends)("stale-if-error, on %s", (_, backend) => {
  const route: RouteOptions = { ttl: "10s", staleIfError: "20s" };

  function site(answers: (run: number) => Answer, more: SiteOptions = {}) {
    const made: Site = new Site(() => answers(made.runs), { route, ...more, ...(backend && { backend }) });
    return made;
  }

  const failing = (run: number): Answer => (run === 1 ? { body: "first" } : { status: 503, body: `oh ${run}` });

  test("fresh, then what is stored in place of the error, then the error", async () => {
    const made = site(failing);
    await made.ask("/");
    await made.clock.advance("10s");
    const answer = await made.ask("/");
    expect(answer).toMatchObject({ state: "miss", status: 200, body: "first" });
    expect(answer.field("cache-status")).toBe("cachette; hit; ttl=0; detail=stale-if-error");
    expect(answer.field("x-cache")).toBe("STALE");
    expect(answer.field("age")).toBe("10");
    expect(made.runs).toBe(2);
    await made.clock.advance("19.999s");
    expect(await made.ask("/")).toMatchObject({ status: 200, body: "first" });
    await made.clock.advance(1);
    expect(await made.ask("/")).toMatchObject({ status: 503, body: "oh 4" });
  });

  test("all who wait get it", async () => {
    const made = site(failing);
    await made.ask("/");
    await made.clock.advance("15s");
    const all = await Promise.all(Array.from({ length: 20 }, () => made.ask("/")));
    for (const answer of all) {
      expect(answer).toMatchObject({ status: 200, body: "first" });
      expect(answer.field("x-cache")).toBe("STALE");
      expect(answer.field("cache-status")).toBe("cachette; hit; ttl=-5; detail=stale-if-error");
    }
    expect(made.runs).toBe(2);
  });

  test("a variant stands in for itself, however long it may", async () => {
    const made: Site = new Site(
      ({ header }) =>
        made.runs <= 2
          ? { fields: [...control("max-age=10, stale-if-error=10800"), ["Vary", "A"]], body: `of ${header("a")}` }
          : { status: 503 },
      { route: {}, ...(backend && { backend }) },
    );
    for (const a of ["1", "2"]) await made.ask("/", { headers: { a } });
    await made.clock.advance("2h");
    for (const a of ["1", "2"]) expect(await made.ask("/", { headers: { a } })).toMatchObject({ body: `of ${a}` });
    expect(await made.ask("/", { headers: { a: "3" } })).toMatchObject({ status: 503 });
  });

  test("a 304 that nobody asked for is no error", async () => {
    const made = site((run) => (run === 1 ? { body: "first" } : { status: 304 }));
    await made.ask("/");
    await made.clock.advance("15s");
    expect(await made.ask("/")).toMatchObject({ state: "miss", status: 304 });
  });

  test("an error that comes as a stream", async () => {
    const made = site(failing);
    await made.ask("/");
    await made.clock.advance("15s");
    const ticket = await made.begin("/");
    if (ticket.state !== "miss") throw new Error(`${ticket.state} in place of a miss`);
    const { reply, capture } = ticket.stream({ status: 502, fields: [] });
    expect(capture).toBeUndefined();
    expect(reply?.status).toBe(200);
    expect(new TextDecoder().decode(octets(reply?.body))).toBe("first");
  });

  test("the client's conditions are met by it", async () => {
    const made = site((run) => (run === 1 ? { fields: [["ETag", '"a"']], body: "first" } : { status: 500 }));
    await made.ask("/");
    await made.clock.advance("15s");
    expect(await made.ask("/", { headers: { "if-none-match": '"a"' } })).toMatchObject({ status: 304 });
    expect(await made.ask("/", { headers: { range: "bytes=0-0" } })).toMatchObject({ status: 206, body: "f" });
  });

  test.each([400, 404, 429, 499])("status %i is no error of the handler", async (status) => {
    const made = site((run) => (run === 1 ? { body: "first" } : { status, body: "oh" }));
    await made.ask("/");
    await made.clock.advance("15s");
    expect(await made.ask("/")).toMatchObject({ status, body: "oh" });
  });

  test("it goes before an error that could be stored", async () => {
    const made = site(failing, { route: { ...route, statuses: { 503: "1m" } } });
    await made.ask("/");
    await made.clock.advance("15s");
    expect(await made.ask("/")).toMatchObject({ status: 200, body: "first" });
    expect(await made.ask("/")).toMatchObject({ status: 200, body: "first" });
    expect(made.runs).toBe(3);
  });

  test.each(["must-revalidate", "proxy-revalidate", "no-cache", "s-maxage=5"])("%s forbids it", async (directive) => {
    const fields: HeaderFields = [...control(`max-age=5, ${directive}`), ["ETag", '"a"']];
    const made = site((run) => (run === 1 ? { fields, body: "first" } : { status: 503 }));
    await made.ask("/");
    await made.clock.advance("15s");
    expect(await made.ask("/")).toMatchObject({ status: 503 });
  });

  test("the answer's own word, which goes before the route's", async () => {
    for (const [seconds, status] of [
      [60, 200],
      [0, 503],
    ]) {
      const fields = control(`max-age=5, stale-if-error=${seconds}`);
      const made = site((run) => (run === 1 ? { fields, body: "first" } : { status: 503 }));
      await made.ask("/");
      await made.clock.advance("20s");
      expect(await made.ask("/")).toMatchObject({ status });
    }
  });

  test("what was purged meanwhile does not stand in", async () => {
    const made = site(failing);
    await made.ask("/");
    await made.clock.advance("15s");
    const ticket = await made.begin("/");
    await made.cache.delete("GET:http://localhost:8000/");
    if (ticket.state !== "miss") throw new Error(`${ticket.state} in place of a miss`);
    expect(ticket.commit({ status: 503, fields: [] }, new Uint8Array(0)).reply).toBeUndefined();
  });

  test("a forced reload that fails: only with leave", async () => {
    for (const [staleIfError, status] of [
      ["20s", 200],
      [0, 503],
    ] as const) {
      const made = site(failing, { route: { ttl: "1m", staleIfError } });
      await made.ask("/");
      await made.clock.advance("5s");
      const reload = { headers: { "cache-control": "no-cache" } };
      expect(await made.ask("/", reload)).toMatchObject({ status });
      expect(await made.ask("/")).toMatchObject({ state: "hit", body: "first" });
      // Not tried again at once, whoever asks.
      expect(await made.ask("/", reload)).toMatchObject({ state: "hit", body: "first" });
      await made.clock.advance("1s");
      expect(await made.ask("/", reload)).toMatchObject({ status });
    }
  });

  test("together with stale-while-revalidate: first the one, then the other", async () => {
    const made = site(failing, { route: { ttl: "10s", staleWhileRevalidate: "5s", staleIfError: "20s" } });
    await made.ask("/");
    await made.clock.advance("14s");
    expect(brief(await made.ask("/"))).toBe("stale first");
    await made.refreshed();
    await made.clock.advance("10s");
    expect(brief(await made.ask("/"))).toBe("miss first");
    await made.clock.advance("10s");
    expect(await made.ask("/")).toMatchObject({ status: 503 });
  });
});
