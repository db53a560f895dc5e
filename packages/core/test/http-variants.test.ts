import { describe, expect, test } from "vitest";
import { turn } from "../../testing/src/turn.ts";
import { Entry } from "../src/entry.ts";
import { decodeFrame, encodeFrame } from "../src/frame.ts";
import type { HeaderFields, RouteOptions } from "../src/http/index.ts";
import { byteBackend } from "./byte-backend.ts";
import { factsOf } from "./facts-of.ts";
import { type Sent, Site, type SiteOptions } from "./http-site.ts";

const backends: [string, SiteOptions["backend"]][] = [
  ["memory", undefined],
  ["bytes", (clock) => byteBackend(clock).backend],
];

/** A site whose answers vary by the fields that `vary` names, and say what they have seen of `a`, `b` and `c`. */
function varying(vary: () => string, options: SiteOptions = {}): Site {
  const site: Site = new Site(
    ({ header }) => ({
      fields: vary() === "" ? [] : [["Vary", vary()]],
      body: `${header("a")} ${header("b")} ${header("c")} run ${site.runs}`,
    }),
    options,
  );
  return site;
}

const by = (headers: Record<string, string>) => ({ headers });
const brief = ({ state, body }: Sent) => `${state} ${body}`;

describe.each(backends)("variants, on %s", (_, backend) => {
  const options = (route: RouteOptions = { ttl: "1m" }): SiteOptions => ({ route, ...(backend && { backend }) });

  test("several side by side, each for its own requests", async () => {
    const site = varying(() => "A", options());
    for (const a of ["1", "2", "3"]) {
      const miss = await site.ask("/", by({ a }));
      expect(miss).toMatchObject({ state: "miss", body: expect.stringMatching(`^${a} `) });
      expect(miss.field("vary")).toBe("A");
    }
    for (const a of ["2", "3", "1"]) {
      const hit = await site.ask("/", by({ a, b: "of no matter" }));
      expect(brief(hit)).toBe(`hit ${a} undefined undefined run ${a}`);
      expect(hit.field("vary")).toBe("A");
    }
    expect(site.runs).toBe(3);
  });

  test("a field that is absent is not one that is empty", async () => {
    const site = varying(() => "a", options());
    const absent = brief(await site.ask("/"));
    const empty = brief(await site.ask("/", by({ a: "" })));
    expect(absent).toBe("miss undefined undefined undefined run 1");
    expect(empty).toBe("miss  undefined undefined run 2");
    expect(brief(await site.ask("/"))).toBe("hit undefined undefined undefined run 1");
    expect(brief(await site.ask("/", by({ a: "" })))).toBe("hit  undefined undefined run 2");
    expect(await site.ask("/", by({ a: "undefined" }))).toMatchObject({ state: "miss" });
  });

  test("of two fields, both count, and no value slips from one into the other", async () => {
    const site = varying(() => "a, b", options());
    const requests = [{ a: "1", b: "2" }, { a: "2", b: "1" }, { a: "12" }, { b: "12" }, { a: '1" b="2' }, {}];
    for (const headers of requests) expect(await site.ask("/", by(headers))).toMatchObject({ state: "miss" });
    for (const headers of requests) expect(await site.ask("/", by(headers))).toMatchObject({ state: "hit" });
    expect(site.runs).toBe(requests.length);
  });

  test("HEAD gets its own variant, and does not fill", async () => {
    const site = varying(() => "a", options());
    await site.ask("/", by({ a: "1" }));
    const head = (a: string) => site.ask("/", { method: "HEAD", headers: { a } });
    expect(await head("1")).toMatchObject({ state: "hit", body: undefined });
    expect(await head("2")).toMatchObject({ state: "bypass" });
    expect(await site.ask("/", by({ a: "2" }))).toMatchObject({ state: "miss" });
  });

  test("the names may grow: what was told apart too coarsely is not served any more", async () => {
    let vary = "a";
    const site = varying(() => vary, options());
    await site.ask("/", by({ a: "1", b: "1" }));
    vary = "b";
    await site.ask("/", by({ a: "2", b: "1" }));
    // Of the first it is not known what it would be by `b`.
    expect(brief(await site.ask("/", by({ a: "1", b: "2" })))).toBe("miss 1 2 undefined run 3");
    expect(brief(await site.ask("/", by({ a: "1", b: "1" })))).toBe("miss 1 1 undefined run 4");
    for (const headers of [
      { a: "2", b: "1" },
      { a: "1", b: "2" },
      { a: "1", b: "1" },
    ]) {
      expect(await site.ask("/", by(headers))).toMatchObject({ state: "hit" });
    }
    // Named once, `a` counts, whatever later answers say.
    expect(await site.ask("/", by({ a: "3", b: "1" }))).toMatchObject({ state: "miss" });
  });

  test("an answer that does not vary any more is one of the variants", async () => {
    let vary = "a";
    const site = varying(() => vary, options());
    await site.ask("/", by({ a: "1" }));
    vary = "";
    expect(await site.ask("/", by({ a: "2" }))).toMatchObject({ state: "miss" });
    expect(await site.ask("/", by({ a: "2" }))).toMatchObject({ state: "hit" });
    expect(brief(await site.ask("/", by({ a: "1" })))).toBe("hit 1 undefined undefined run 1");
  });

  test("one that did not vary, and does now", async () => {
    let vary = "";
    const site = varying(() => vary, options({ ttl: "10s" }));
    await site.ask("/", by({ a: "1" }));
    expect(await site.ask("/", by({ a: "2" }))).toMatchObject({ state: "hit" });
    vary = "a";
    await site.clock.advance("10s");
    expect(await site.ask("/", by({ a: "1" }))).toMatchObject({ state: "miss" });
    expect(await site.ask("/", by({ a: "2" }))).toMatchObject({ state: "miss" });
    expect(await site.ask("/", by({ a: "1" }))).toMatchObject({ state: "hit" });
  });

  test("each has its own time, and the index outlives them all", async () => {
    const site = varying(() => "a", options({ ttl: "3h" }));
    await site.ask("/", by({ a: "1" }));
    await site.clock.advance("2h");
    await site.ask("/", by({ a: "2" }));
    await site.clock.advance("59m");
    expect(await site.ask("/", by({ a: "1" }))).toMatchObject({ state: "hit" });
    await site.clock.advance("1m");
    expect(await site.ask("/", by({ a: "1" }))).toMatchObject({ state: "miss" });
    await site.clock.advance("119m");
    expect(await site.ask("/", by({ a: "2" }))).toMatchObject({ state: "hit" });
    await site.clock.advance("1m");
    expect(await site.ask("/", by({ a: "2" }))).toMatchObject({ state: "miss" });
  });

  test("an index that is written anew leads to those from before as well", async () => {
    const site = varying(() => "a", options({ ttl: "3h" }));
    await site.ask("/", by({ a: "1" }));
    await site.clock.advance("150m");
    await site.ask("/", by({ a: "2" }));
    await site.clock.advance("60m");
    await site.ask("/", by({ a: "3" }));
    await site.clock.advance("119m");
    for (const a of ["2", "3"]) expect(await site.ask("/", by({ a }))).toMatchObject({ state: "hit" });
    await site.clock.advance("60m");
    expect(await site.ask("/", by({ a: "3" }))).toMatchObject({ state: "hit" });
  });

  test.each<[string, (site: Site) => Promise<unknown>]>([
    ["clear", (site) => site.cache.clear()],
    ["clear of the namespace", (site) => site.cache.clear({ namespace: "n" })],
    ["tags", (site) => site.cache.invalidateTags(["t"])],
    ["tags by the request", (site) => site.cache.invalidateTags(["path:/"])],
    ["a soft clear", (site) => site.cache.clear({ soft: true })],
    ["soft tags", (site) => site.cache.invalidateTags(["path:/"], { soft: true })],
    ["the key", (site) => site.cache.namespace("n").delete("GET:http://localhost:8000/")],
    ["POST", (site) => site.ask("/", { method: "POST", headers: { a: "3" } })],
  ])("a purge voids all of them: %s", async (_, purge) => {
    const site = varying(() => "a", options({ ttl: "1m", namespace: "n", tags: ({ url }) => ["t", `path:${url}`] }));
    for (const a of ["1", "2"]) await site.ask("/", by({ a }));
    await purge(site);
    for (const a of ["1", "2"]) expect(await site.ask("/", by({ a }))).toMatchObject({ state: "miss" });
    for (const a of ["1", "2"]) expect(await site.ask("/", by({ a }))).toMatchObject({ state: "hit" });
  });

  test("a reload of one leaves the others alone", async () => {
    const site = varying(() => "a", options());
    for (const a of ["1", "2"]) await site.ask("/", by({ a }));
    await site.clock.advance("2s");
    const reload = await site.ask("/", by({ a: "1", "cache-control": "no-cache" }));
    expect(brief(reload)).toBe("miss 1 undefined undefined run 3");
    expect(reload.field("cache-status")).toContain("fwd=request");
    expect(brief(await site.ask("/", by({ a: "2" })))).toBe("hit 2 undefined undefined run 2");
    expect(brief(await site.ask("/", by({ a: "1" })))).toBe("hit 1 undefined undefined run 3");
  });

  test("what an index leads to is counted once", async () => {
    const site = varying(() => "a", options());
    await site.ask("/", by({ a: "1" }));
    await site.ask("/", by({ a: "2" }));
    await site.ask("/", by({ a: "1" }));
    expect(site.cache.counters()).toMatchObject({ hits: 1, misses: 2, stale: 0, loads: 2 });
  });

  test("the status tells a variant that is missing from an answer that is", async () => {
    const site = varying(() => "a", options());
    const statuses = [];
    for (const a of ["1", "2", "1"]) statuses.push((await site.ask("/", by({ a }))).field("cache-status"));
    expect(statuses).toEqual([
      "cachette; fwd=uri-miss; stored; ttl=60",
      "cachette; fwd=vary-miss; stored; ttl=60",
      "cachette; hit; ttl=60",
    ]);
  });

  test("fields of the route are in the key, and no variants of theirs are kept", async () => {
    const site = varying(() => "a, b", options({ ttl: "1m", vary: ["a"] }));
    await site.ask("/", by({ a: "1", b: "1" }));
    await site.ask("/", by({ a: "2", b: "1" }));
    for (const headers of [
      { a: "1", b: "1" },
      { a: "2", b: "1" },
    ]) {
      expect(await site.ask("/", by(headers))).toMatchObject({ state: "hit" });
    }
    expect(await site.ask("/", by({ a: "1", b: "2" }))).toMatchObject({ state: "miss" });
  });

  test("lists are compared as lists, languages without regard to case", async () => {
    const site = varying(() => "a, accept-language", options());
    await site.ask("/", by({ a: " 1, 2 ", "accept-language": "en, de-CH" }));
    expect(await site.ask("/", by({ a: "1,2", "accept-language": "eN ,\tde-ch" }))).toMatchObject({ state: "hit" });
    expect(await site.ask("/", by({ a: "2,1", "accept-language": "en, de-CH" }))).toMatchObject({ state: "miss" });
  });
});

/** A handler that answers when it is told to. */
function held(fields: HeaderFields, options?: SiteOptions) {
  const waiting: (() => void)[] = [];
  const site: Site = new Site(async ({ header }) => {
    const body = `${header("a")} run ${site.runs}`;
    await new Promise<void>((resolve) => waiting.push(resolve));
    return { fields, body };
  }, options);
  return {
    site,
    async answerAll() {
      for (let turns = 0; turns < 5; turns++) await turn();
      const all = waiting.splice(0);
      for (const answer of all) answer();
      for (let turns = 0; turns < 5; turns++) await turn();
      return all.length;
    },
  };
}

describe.each(backends)("those who wait for an answer that turns out to vary, on %s", (_, backend) => {
  const options: SiteOptions = backend === undefined ? {} : { backend };

  test("take it if it is for them; the others come together anew, and get what is for them", async () => {
    const { site, answerAll } = held([["Vary", "a"]], options);
    const values = ["1", "2", "1", "3", "2", "1", "2"];
    const answers = values.map((a) => site.ask("/", by({ a })));
    expect(await answerAll()).toBe(1);
    expect(await answerAll()).toBe(2);
    const all = await Promise.all(answers);
    all.forEach(({ body }, index) => {
      expect(body).toMatch(new RegExp(`^${values[index]} `));
    });
    expect(all.map(({ state }) => state)).toEqual(["miss", "miss", "hit", "miss", "hit", "hit", "hit"]);
    expect(site.runs).toBe(3);
    expect(site.cache.counters()).toMatchObject({ shared: 4 });
    for (const a of ["1", "2", "3"]) expect(await site.ask("/", by({ a }))).toMatchObject({ state: "hit" });
  });

  test("nobody waits more than twice, even if the names grow each time", async () => {
    const waiting: (() => void)[] = [];
    let said = 0;
    const site: Site = new Site(async ({ header }) => {
      await new Promise<void>((resolve) => waiting.push(resolve));
      said++;
      const names = ["a", "b", "c"].slice(0, said);
      return { fields: [["Vary", names.join(", ")]], body: names.map((name) => `${name}${header(name)}`).join() };
    }, options);
    const users = Array.from({ length: 8 }, (_, user) => ({
      a: String(user & 1),
      b: String((user >> 1) & 1),
      c: String(user >> 2),
    }));
    const answers = users.map((headers) => site.ask("/", by(headers)));
    const rounds: number[] = [];
    while (rounds.length < 20) {
      for (let turns = 0; turns < 5; turns++) await turn();
      if (waiting.length === 0) break;
      rounds.push(waiting.length);
      for (const answer of waiting.splice(0)) answer();
    }
    // One for all; one for those with another `a`; then each with another `b` on its own.
    expect(rounds).toEqual([1, 1, 2]);
    (await Promise.all(answers)).forEach(({ body = "" }, user) => {
      const { a, b, c } = users[user] as { a: string; b: string; c: string };
      expect(`a${a},b${b},c${c}`.startsWith(body)).toBe(true);
    });
  });
});

test("without a backend, those who wait and differ do not wait for each other one by one", async () => {
  const { site, answerAll } = held([["Vary", "a"]], {
    backend: (clock) => {
      const { backend } = byteBackend(clock);
      backend.faults.fail();
      return backend;
    },
  });
  const answers = ["1", "2", "3", "1", "4", "2"].map((a) => site.ask("/", by({ a })));
  expect(await answerAll()).toBe(1);
  expect(await answerAll()).toBe(3);
  expect((await Promise.all(answers)).map(({ body }) => body?.[0])).toEqual(["1", "2", "3", "1", "4", "2"]);
  expect(site.runs).toBe(4);
});

describe("an index in the store", () => {
  function stored() {
    let bytes = new Map<string, Uint8Array>();
    const site = varying(() => "a", {
      backend: (clock) => {
        const made = byteBackend(clock);
        bytes = made.bytes;
        return made.backend;
      },
    });
    return { site, bytes };
  }
  const root = "cachette::GET:http://localhost:8000/";

  test("can be read, and its variants have keys of their own", async () => {
    const { site, bytes } = stored();
    await site.ask("/", by({ a: "1" }));
    expect([...bytes.keys()]).toEqual([root, expect.stringMatching(/^.* vary=[a-z0-9]+ a="1"$/)]);
  });

  test("that is lost: a miss for all, and no variant from before comes back", async () => {
    const { site, bytes } = stored();
    for (const a of ["1", "2"]) await site.ask("/", by({ a }));
    bytes.delete(root);
    expect(brief(await site.ask("/", by({ a: "1" })))).toBe("miss 1 undefined undefined run 3");
    expect(brief(await site.ask("/", by({ a: "2" })))).toBe("miss 2 undefined undefined run 4");
    expect(await site.ask("/", by({ a: "1" }))).toMatchObject({ state: "hit" });
  });

  test.each<[string, string]>([
    ["no JSON", "{"],
    ["null", "null"],
    ["no names", '{"id":"x"}'],
    ["names that are none", '{"id":"x","names":["a b"]}'],
    ["no id", '{"names":["a"]}'],
    ["a name that objects have", '{"__proto__":{"id":"x"},"names":["a"]}'],
  ])("that cannot be read is a miss: %s", async (_, payload) => {
    const { site, bytes } = stored();
    await site.ask("/", by({ a: "1" }));
    const spoilt = new Entry(decodeFrame(bytes.get(root) as Uint8Array), payload, undefined, 0);
    bytes.set(root, encodeFrame(spoilt));
    expect(brief(await site.ask("/", by({ a: "1" })))).toBe("miss 1 undefined undefined run 2");
    expect(brief(await site.ask("/", by({ a: "1" })))).toBe("hit 1 undefined undefined run 2");
    expect(await site.ask("/", { method: "HEAD", headers: { a: "1" } })).toMatchObject({ state: "hit" });
  });

  test("under the key of a variant leads nowhere", async () => {
    const { site, bytes } = stored();
    await site.ask("/", by({ a: "1" }));
    const [, variant = ""] = bytes.keys();
    const index = decodeFrame(bytes.get(root) as Uint8Array);
    bytes.set(variant, encodeFrame(new Entry({ ...factsOf(index), key: variant }, index.payload, undefined, 0)));
    expect(await site.ask("/", by({ a: "1" }))).toMatchObject({ state: "bypass", status: 200 });
  });
});

describe.each(backends)("what changes while a variant is made, on %s", (_, backend) => {
  const options: SiteOptions = backend === undefined ? {} : { backend };

  test("after POST neither it nor its index comes back", async () => {
    const { site, answerAll } = held([["Vary", "a"]], options);
    const first = site.ask("/", by({ a: "1" }));
    await answerAll();
    await first;
    // Another name, so that the index would be written anew; and a variant that is missing.
    const late = site.ask("/", by({ a: "2" }));
    for (let turns = 0; turns < 5; turns++) await turn();
    const post = await site.begin("/", { method: "POST" });
    if (post.state !== "bypass") throw new Error(`${post.state} in place of a bypass`);
    await post.settled?.({ status: 200, fields: [] });
    await answerAll();
    expect(await late).toMatchObject({ state: "miss", body: "2 run 2" });
    for (const a of ["1", "2"]) {
      const again = site.ask("/", by({ a }));
      expect(await answerAll()).toBe(1);
      expect(await again).toMatchObject({ state: "miss" });
    }
  });

  test("after POST an index of more names does not come back either", async () => {
    const waiting: (() => void)[] = [];
    let vary = "a";
    const site: Site = new Site(async () => {
      const body = `run ${site.runs}`;
      await new Promise<void>((resolve) => waiting.push(resolve));
      return { fields: [["Vary", vary]], body };
    }, options);
    const answered = async (answer: Promise<Sent>) => {
      for (let turns = 0; turns < 5; turns++) await turn();
      for (const go of waiting.splice(0)) go();
      return answer;
    };
    await answered(site.ask("/", by({ a: "1" })));
    const late = site.ask("/", by({ a: "2" }));
    for (let turns = 0; turns < 5; turns++) await turn();
    const post = await site.begin("/", { method: "POST" });
    if (post.state === "bypass") await post.settled?.({ status: 204, fields: [] });
    vary = "a, b";
    await answered(late);
    expect(await answered(site.ask("/", by({ a: "2" })))).toMatchObject({ state: "miss", body: "run 3" });
  });
});
