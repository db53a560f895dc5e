import { describe, expect, test } from "vitest";
import { turn } from "../../testing/src/turn.ts";
import type { HeaderFields, RouteOptions } from "../src/http/index.ts";
import { byteBackend } from "./byte-backend.ts";
import { type Sent, Site, type SiteOptions } from "./http-site.ts";

const as = (user: string, more: Record<string, string> = {}) => ({ headers: { authorization: user, ...more } });
const control = (value: string): HeaderFields => [["Cache-Control", value]];
const brief = ({ state, body }: Sent) => `${state} ${body}`;

/** A handler that tells each who they are. */
function site(fields: HeaderFields, options: SiteOptions = {}): Site {
  const made: Site = new Site(
    ({ header }) => ({ fields, body: `for ${header("authorization") ?? "anybody"}, run ${made.runs}` }),
    options,
  );
  return made;
}

describe.each(["public", "s-maxage=60", "must-revalidate"])("an answer that is expressly for all: %s (RFC 9111 3.5)", (word) => {
  const fields = control(`max-age=60, ${word}`);

  test("made for one, it is given to others, known or not", async () => {
    const made = site(fields);
    expect(brief(await made.ask("/", as("ann")))).toBe("miss for ann, run 1");
    expect(brief(await made.ask("/", as("bob")))).toBe("hit for ann, run 1");
    expect(brief(await made.ask("/"))).toBe("hit for ann, run 1");
  });

  test("made for nobody in particular, it is given to those who say who they are", async () => {
    const made = site(fields);
    await made.ask("/");
    expect(brief(await made.ask("/", as("ann")))).toBe("hit for anybody, run 1");
    expect(await made.ask("/", { method: "HEAD", ...as("ann") })).toMatchObject({ state: "hit" });
  });
}); // biome-ignore format: one line

describe.each<[string, HeaderFields, RouteOptions]>([
  ["by the route's time", [], { ttl: "1m" }],
  ["by its own time", control("max-age=60"), {}],
  ["by a time of the route that overrides", control("max-age=60"), { ttl: "1m", override: true }],
  ["by Expires", [["Expires", new Date(Date.UTC(2100, 0)).toUTCString()]], {}],
  ["by proxy-revalidate", control("max-age=60, proxy-revalidate"), {}],
])("an answer that is not, but could be stored %s", (_, fields, route) => {
  test("made for one, it is given to nobody else", async () => {
    const made = site(fields, { route });
    const first = await made.ask("/", as("ann"));
    expect(brief(first)).toBe("miss for ann, run 1");
    expect(first.field("cache-status")).toBe("cachette; fwd=uri-miss; detail=authorization");
    expect(brief(await made.ask("/", as("ann")))).toBe("miss for ann, run 2");
    expect(brief(await made.ask("/"))).toBe("miss for anybody, run 3");
    expect(made.cache.counters()).toMatchObject({ refusals: { authorization: 2 }, stores: 1 });
  });

  test("made for nobody in particular, it is not given to those who say who they are, and stays", async () => {
    const made = site(fields, { route });
    await made.ask("/");
    for (const user of ["ann", "bob", ""]) {
      expect(await made.ask("/", as(user))).toMatchObject({
        state: "miss",
        body: expect.stringMatching(`^for ${user},`),
      });
      expect(await made.ask("/", { method: "HEAD", ...as(user) })).toMatchObject({ state: "bypass" });
    }
    expect(brief(await made.ask("/"))).toBe("hit for anybody, run 1");
  });
});

test("Vary: Authorization is no leave", async () => {
  const made = site([...control("public, max-age=60"), ["Vary", "Authorization"]]);
  await made.ask("/", as("ann"));
  expect(brief(await made.ask("/", as("bob")))).toBe("miss for bob, run 2");
});

test("what earlier middleware says of being for all counts as well", async () => {
  const made = site([], { route: {}, earlier: () => control("public, max-age=60") });
  await made.ask("/");
  expect(brief(await made.ask("/", as("ann")))).toBe("hit for anybody, run 1");
});

describe.each<[string, SiteOptions["backend"]]>([
  ["memory", undefined],
  ["bytes", (clock) => byteBackend(clock).backend],
])("twenty users at once on a cold key, on %s", (_, backend) => {
  const options: SiteOptions = backend === undefined ? {} : { backend };

  function crowd(headersOf: (user: number) => Record<string, string>, fields: HeaderFields) {
    const waiting: (() => void)[] = [];
    let most = 0;
    const made: Site = new Site(async ({ header }) => {
      await new Promise<void>((resolve) => waiting.push(resolve));
      return { fields, body: `for ${header("authorization") ?? header("x-user")}` };
    }, options);
    const answers = Array.from({ length: 20 }, (_, user) => made.ask("/", { headers: headersOf(user) }));
    return {
      made,
      answers,
      async release() {
        for (let turns = 0; turns < 5; turns++) await turn();
        most = waiting.length;
        for (const go of waiting.splice(0)) go();
        return most;
      },
    };
  }

  test("with Authorization: nobody waits, and each has an answer of their own", async () => {
    const { answers, release, made } = crowd((user) => ({ authorization: `user ${user}` }), control("max-age=60"));
    expect(await release()).toBe(20);
    const bodies = (await Promise.all(answers)).map(({ body }) => body);
    expect(bodies).toEqual(Array.from({ length: 20 }, (_, user) => `for user ${user}`));
    expect(made.cache.counters()).toMatchObject({ stores: 0, shared: 0 });
  });

  test("without, and with answers that are private: nobody waits more than once", async () => {
    const { answers, release } = crowd((user) => ({ "x-user": `user ${user}` }), control("private, max-age=60"));
    expect(await release()).toBe(1);
    expect(await release()).toBe(19);
    const bodies = (await Promise.all(answers)).map(({ body }) => body);
    expect(bodies).toEqual(Array.from({ length: 20 }, (_, user) => `for user ${user}`));
  });

  test("those who say who they are do not wait for others, nor others for them", async () => {
    const { answers, release } = crowd(
      (user) => (user % 2 === 0 ? { authorization: `user ${user}` } : { "x-user": "anybody" }),
      [],
    );
    expect(await release()).toBe(11);
    const all = await Promise.all(answers);
    all.forEach(({ body }, user) => {
      expect(body).toBe(user % 2 === 0 ? `for user ${user}` : "for anybody");
    });
  });
});

describe("what is not for all is not asked about, nor does it stand in, for somebody who says who they are", () => {
  async function stale(fields: HeaderFields, route: RouteOptions) {
    const made: Site = new Site(
      ({ header }) => {
        if (made.runs === 1) return { fields, body: "first" };
        return header("if-none-match") === undefined ? { status: 503, body: "down" } : { status: 304 };
      },
      { route },
    );
    await made.ask("/");
    await made.clock.advance("70s");
    return made;
  }
  const tagged = (value: string): HeaderFields => [...control(value), ["ETag", '"a"']];

  test("no question, no stand-in", async () => {
    const made = await stale(tagged("max-age=60"), { staleIfError: "1h" });
    expect(await made.ask("/", as("ann"))).toMatchObject({ state: "miss", status: 503 });
    expect(await made.ask("/")).toMatchObject({ state: "miss", status: 200, body: "first" });
  });

  test("nor is it served stale, or removed by what is theirs", async () => {
    const made = await stale([], { ttl: "1m", staleWhileRevalidate: "1m" });
    made.handler = () => ({ fields: control("private"), body: "mine" });
    expect(await made.ask("/", as("ann"))).toMatchObject({ state: "miss", body: "mine" });
    expect(await made.ask("/", as("ann", { "cache-control": "max-stale" }))).toMatchObject({ body: "mine" });
    made.handler = () => ({ body: "second" });
    expect(await made.ask("/")).toMatchObject({ state: "stale", body: "first" });
  });

  test("what is for all is asked about", async () => {
    const made = await stale(tagged("public, max-age=60"), {});
    expect(await made.ask("/", as("ann"))).toMatchObject({ state: "miss", status: 200, body: "first" });
    expect(await made.ask("/", as("bob"))).toMatchObject({ state: "hit", body: "first" });
  });

  test("a 304 for one that makes it private is theirs alone, and leaves it to others", async () => {
    const made = await stale(tagged("public, max-age=60"), {});
    made.handler = ({ header }) => ({
      status: header("if-none-match") === undefined ? 200 : 304,
      fields: header("authorization") === undefined ? [] : control("private"),
    });
    expect(await made.ask("/", as("ann"))).toMatchObject({ status: 200, body: "first" });
    const other = await made.ask("/");
    expect(other).toMatchObject({ state: "miss", status: 200, body: "first" });
    expect(other.field("cache-control")).toBe("public, max-age=60");
  });
});

test("requests that are refused a stored answer do not keep others from having it refreshed", async () => {
  const made: Site = new Site(() => ({ body: `run ${made.runs}` }), { route: { ttl: "10s", staleWhileRevalidate: "1m" } }); // biome-ignore format: one line
  await made.ask("/");
  await made.clock.advance("10s");
  const asked = as("ann", { "cache-control": "only-if-cached" });
  expect(await made.ask("/", asked)).toMatchObject({ status: 504 });
  expect(await made.ask("/", { method: "HEAD", ...as("ann") })).toMatchObject({ state: "bypass" });
  expect(await made.ask("/")).toMatchObject({ state: "stale", body: "run 1" });
  await made.refreshed();
  expect(await made.ask("/")).toMatchObject({ state: "hit", body: "run 3" });
});
