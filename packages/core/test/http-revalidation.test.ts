import { describe, expect, test } from "vitest";
import { turn } from "../../testing/src/turn.ts";
import type { HeaderFields } from "../src/http/index.ts";
import { byteBackend } from "./byte-backend.ts";
import { type Answer, Site, type SiteOptions, start } from "./http-site.ts";

const backends: [string, SiteOptions["backend"]][] = [
  ["memory", undefined],
  ["bytes", (clock) => byteBackend(clock).backend],
];

const modified = new Date(start - 90_000).toUTCString();

interface Asked {
  readonly tag: string | undefined;
  readonly since: string | undefined;
}

/** A site that answers `first`, and then what `next` says; keeps what it was asked. */
function asked(first: HeaderFields, next: (run: number) => Answer, options: SiteOptions = {}) {
  const questions: Asked[] = [];
  const site: Site = new Site(({ header }) => {
    questions.push({ tag: header("if-none-match"), since: header("if-modified-since") });
    return site.runs === 1 ? { fields: first, body: "first" } : next(site.runs);
  }, options);
  return { site, questions };
}

const octets = (text: string) => new TextEncoder().encode(text);

const held = (...fields: HeaderFields): Answer => ({ status: 304, fields });

describe.each(backends)("a stored answer with a validator, on %s", (_, backend) => {
  const options = (more: SiteOptions = {}): SiteOptions => ({ route: {}, ...more, ...(backend && { backend }) });
  const fields: HeaderFields = [
    ["Cache-Control", "max-age=10"],
    ["ETag", '"a"'],
    ["Last-Modified", modified],
    ["X-A", "old"],
    ["X-B", "old"],
    ["Content-Encoding", "identity"],
  ];

  test("is asked about, with the validators that the handler gave, and is fresh again", async () => {
    const { site, questions } = asked(fields, () => held(["X-A", "new"], ["X-C", "new"], ["etag", 'W/"b"']), options());
    await site.ask("/");
    await site.clock.advance("10s");
    const miss = await site.ask("/", { headers: { "if-none-match": '"of the client"', range: "bytes=0-0" } });
    expect(questions).toEqual([
      { tag: undefined, since: undefined },
      { tag: '"a"', since: modified },
    ]);
    expect(miss).toMatchObject({ state: "miss", status: 206, body: "f" });
    expect(miss.field("cache-status")).toBe("cachette; fwd=stale; fwd-status=304; stored; ttl=10");
    await site.clock.advance("9.999s");
    const hit = await site.ask("/");
    expect(hit).toMatchObject({ state: "hit", status: 200, body: "first" });
    for (const answer of [miss, hit]) {
      expect(answer.field("x-a")).toBe("new");
      expect(answer.field("x-b")).toBe("old");
      expect(answer.field("x-c")).toBe("new");
      expect(answer.field("etag")).toBe('"a"');
      expect(answer.field("content-encoding")).toBe("identity");
      expect(answer.field("cache-control")).toBe("max-age=10");
    }
    expect(site.runs).toBe(2);
  });

  test("a client that has it is told so once more", async () => {
    const { site } = asked(fields, () => held(), options());
    await site.ask("/");
    await site.clock.advance("10s");
    const answer = await site.ask("/", { headers: { "if-none-match": '"a"' } });
    expect(answer).toMatchObject({ state: "miss", status: 304, body: undefined });
    expect(answer.field("etag")).toBe('"a"');
  });

  test("Date and Age are those of the 304, and of now where it has none", async () => {
    const { site } = asked(
      [...fields, ["Date", new Date(start).toUTCString()], ["Age", "3"]],
      (run) => (run === 2 ? held() : held(["Date", new Date(start + 16_000).toUTCString()], ["Age", "4"])),
      options(),
    );
    expect((await site.ask("/")).field("age")).toBe("3");
    await site.clock.advance("10s");
    const validated = await site.ask("/");
    expect(validated.field("date")).toBe(new Date(start + 10_000).toUTCString());
    expect(validated.field("age")).toBe("0");
    await site.clock.advance("2s");
    const hit = await site.ask("/");
    expect(hit.field("date")).toBe(new Date(start + 10_000).toUTCString());
    expect(hit.field("age")).toBe("2");
    await site.clock.advance("8s");
    const old = await site.ask("/");
    expect(old.field("date")).toBe(new Date(start + 16_000).toUTCString());
    expect(old.field("age")).toBe("4");
    expect(old.field("cache-status")).toBe("cachette; fwd=stale; fwd-status=304; stored; ttl=6");
  });

  test("a new time of the 304 counts from then on", async () => {
    const { site } = asked(fields, () => held(["Cache-Control", "max-age=100"]), options());
    await site.ask("/");
    await site.clock.advance("10s");
    await site.ask("/");
    await site.clock.advance("99s");
    expect(await site.ask("/")).toMatchObject({ state: "hit" });
    expect(site.runs).toBe(2);
  });

  test("is asked about even a minute after it is no longer fresh, and not longer", async () => {
    const { site, questions } = asked(fields, () => held(), options());
    await site.ask("/");
    await site.clock.advance("69.999s");
    expect(await site.ask("/")).toMatchObject({ state: "miss", status: 200, body: "first" });
    await site.clock.advance("70s");
    site.handler = ({ header }) => ({ fields, body: String(header("if-none-match")) });
    expect(await site.ask("/")).toMatchObject({ body: "undefined" });
    expect(questions.at(-1)?.tag).toBe('"a"');
  });

  test("a 200 takes its place", async () => {
    const { site } = asked(fields, () => ({ fields: [["Cache-Control", "max-age=10"], ["ETag", '"b"']], body: "second" }), options()); // biome-ignore format: one line
    await site.ask("/");
    await site.clock.advance("10s");
    expect(await site.ask("/")).toMatchObject({ state: "miss", status: 200, body: "second" });
    const hit = await site.ask("/");
    expect(hit).toMatchObject({ state: "hit", body: "second" });
    expect(hit.field("x-a")).toBeUndefined();
    expect(hit.field("etag")).toBe('"b"');
  });

  test.each<[string, HeaderFields]>([
    ["private", [["Cache-Control", "private"]]],
    ["no-store", [["Cache-Control", "no-store"]]],
    ["Vary: *", [["Vary", "*"]]],
    ["Set-Cookie", [["Set-Cookie", "a=b"]]],
  ])("a 304 with %s is passed on, and removes it", async (_, more) => {
    const { site } = asked(fields, () => held(...more), options());
    await site.ask("/");
    await site.clock.advance("10s");
    const answer = await site.ask("/");
    expect(answer).toMatchObject({ state: "miss", status: 200, body: "first" });
    expect(answer.field(more[0]?.[0].toLowerCase() ?? "")).toBe(more[0]?.[1]);
    expect(answer.field("age")).toBe("0");
    expect(answer.field("cache-status")).toBe("cachette; fwd=stale; fwd-status=304");
    site.handler = ({ header }) => ({ fields, body: `new ${header("if-none-match")}` });
    expect(await site.ask("/")).toMatchObject({ state: "miss", body: "new undefined" });
  });

  test.each<[string, Answer]>([
    ["private", { fields: [["Cache-Control", "private"]], body: "new" }],
    ["no-store", { fields: [["Cache-Control", "no-store"]], body: "new" }],
    ["too large", { fields: [["Cache-Control", "max-age=60"]], body: new Uint8Array(2 ** 20 + 1) }],
    ["of no known freshness", { body: "new" }],
    ["gone", { status: 410, body: "new" }],
    ["a redirect", { status: 302, body: "new" }],
  ])("an answer that is %s is not stored, and removes it", async (_, answer) => {
    const { site, questions } = asked(fields, () => answer, options());
    await site.ask("/");
    await site.clock.advance("10s");
    expect(await site.ask("/")).toMatchObject({ state: "miss", status: answer.status ?? 200 });
    await site.ask("/");
    expect(questions.map(({ tag }) => tag)).toEqual([undefined, '"a"', undefined]);
  });

  test.each([500, 503, 429])("status %i says nothing about it", async (status) => {
    const { site, questions } = asked(fields, (run) => (run === 2 ? { status } : held()), options());
    await site.ask("/");
    await site.clock.advance("10s");
    expect(await site.ask("/")).toMatchObject({ state: "miss", status });
    expect(await site.ask("/")).toMatchObject({ state: "miss", status: 200, body: "first" });
    expect(questions.map(({ tag }) => tag)).toEqual([undefined, '"a"', '"a"']);
  });

  test("no-cache: asked about each time", async () => {
    const no = fields.map(([name, value]) => [name, name === "Cache-Control" ? "no-cache" : value] as const);
    const { site, questions } = asked(no, () => held(), options());
    await site.ask("/");
    for (const _ of [1, 2, 3]) expect(await site.ask("/")).toMatchObject({ state: "miss", status: 200, body: "first" });
    expect(questions.map(({ tag }) => tag)).toEqual([undefined, '"a"', '"a"', '"a"']);
    expect(await site.ask("/", { method: "HEAD" })).toMatchObject({ state: "bypass" });
  });

  test("no-cache, whatever time is given beside it, by the route as well", async () => {
    const no: HeaderFields = [["Cache-Control", "max-age=60, no-cache"], ["ETag", '"a"']]; // biome-ignore format: one line
    const { site } = asked(no, () => held(), options({ route: { ttl: "1m", staleWhileRevalidate: "1m" } }));
    await site.ask("/");
    await site.ask("/");
    await site.ask("/", { headers: { "cache-control": "max-stale" } });
    expect(site.runs).toBe(3);
  });

  test("no-cache: those who wait ask each on their own, and later ones do not wait", async () => {
    const waiting: (() => void)[] = [];
    const questions: unknown[] = [];
    const site: Site = new Site(async ({ header }) => {
      questions.push(header("if-none-match"));
      await new Promise<void>((resolve) => waiting.push(resolve));
      const status = header("if-none-match") === undefined ? 200 : 304;
      return { status, fields: [["Cache-Control", "no-cache"], ["ETag", '"a"']], body: status === 200 ? "first" : "" };
    }, options()); // biome-ignore format: one line
    const release = async () => {
      for (let turns = 0; turns < 5; turns++) await turn();
      const all = waiting.splice(0);
      for (const go of all) go();
      return all.length;
    };
    const answers = Array.from({ length: 5 }, () => site.ask("/"));
    expect(await release()).toBe(1);
    expect(await release()).toBe(4);
    for (const answer of await Promise.all(answers)) expect(answer).toMatchObject({ state: "miss", body: "first" });
    const later = [site.ask("/"), site.ask("/")];
    expect(await release()).toBe(2);
    for (const answer of await Promise.all(later)) expect(answer).toMatchObject({ status: 200, body: "first" });
    expect(questions).toEqual([undefined, ...Array(6).fill('"a"')]);
  });

  test("must-revalidate: not served stale, asked about", async () => {
    const must: HeaderFields = [["Cache-Control", "max-age=2, must-revalidate"], ["ETag", '"a"']]; // biome-ignore format: one line
    const { site, questions } = asked(must, () => held(), options({ route: { staleWhileRevalidate: "1m" } }));
    await site.ask("/");
    expect(await site.ask("/")).toMatchObject({ state: "hit" });
    await site.clock.advance("3s");
    expect(await site.ask("/")).toMatchObject({ state: "miss", body: "first" });
    expect(questions.at(-1)?.tag).toBe('"a"');
  });

  test("a variant is asked about for the request that it is for", async () => {
    const seen: unknown[] = [];
    const site = new Site(({ header }) => {
      seen.push([header("a"), header("if-none-match")]);
      const fields: HeaderFields = [["Vary", "A"], ["Cache-Control", "max-age=1"], ["ETag", `"${header("a")}"`]]; // biome-ignore format: one line
      return header("if-none-match") === undefined ? { fields, body: `of ${header("a")}` } : { status: 304 };
    }, options());
    for (const round of [0, 1]) {
      for (const a of ["1", "2"]) {
        expect(await site.ask("/", { headers: { a } })).toMatchObject({ state: "miss", body: `of ${a}` });
        expect(await site.ask("/", { headers: { a } })).toMatchObject({ state: "hit", body: `of ${a}` });
      }
      await site.clock.advance(round === 0 ? "1s" : 0);
    }
    expect(seen).toEqual([
      ["1", undefined],
      ["2", undefined],
      ["1", '"1"'],
      ["2", '"2"'],
    ]);
  });

  test("after a soft purge it is asked about, and valid again", async () => {
    const { site } = asked(fields, () => held(), options());
    await site.ask("/");
    await site.cache.clear({ soft: true });
    expect(await site.ask("/")).toMatchObject({ state: "miss", body: "first" });
    expect(await site.ask("/")).toMatchObject({ state: "hit", body: "first" });
    await site.cache.clear();
    site.handler = ({ header }) => ({ body: String(header("if-none-match")) });
    expect(await site.ask("/")).toMatchObject({ state: "miss", body: "undefined" });
  });

  test("a forced reload asks about what is still fresh", async () => {
    const { site, questions } = asked(fields, () => held(["X-A", "new"]), options());
    await site.ask("/");
    await site.clock.advance("2s");
    const answer = await site.ask("/", { headers: { "cache-control": "no-cache" } });
    expect(answer.field("cache-status")).toBe("cachette; fwd=request; fwd-status=304; stored; ttl=10");
    expect(questions.at(-1)?.tag).toBe('"a"');
    expect((await site.ask("/")).field("x-a")).toBe("new");
  });

  test("a hundred who come when it is stale ask once", async () => {
    const { site } = asked(fields, () => held(), options());
    await site.ask("/");
    await site.clock.advance("10s");
    const all = await Promise.all(Array.from({ length: 100 }, () => site.ask("/")));
    for (const answer of all) expect(answer).toMatchObject({ status: 200, body: "first" });
    expect(site.runs).toBe(2);
  });
});

describe("what the cache itself has added to an answer", () => {
  test("its tag is no question: the handler knows nothing of it", async () => {
    const { site, questions } = asked([["Last-Modified", modified]], () => held(), { route: { ttl: "10s" } });
    const tag = (await site.ask("/")).field("etag");
    expect(tag).toBeDefined();
    await site.clock.advance("10s");
    const answer = await site.ask("/");
    expect(answer).toMatchObject({ status: 200, body: "first" });
    expect(questions.at(-1)).toEqual({ tag: undefined, since: modified });
    expect(answer.field("etag")).toBe(tag);
    expect((await site.ask("/")).field("etag")).toBe(tag);
  });

  test("without a validator of the handler's nothing is asked", async () => {
    const { site, questions } = asked([], () => ({ body: "second" }), { route: { ttl: "10s", staleIfError: "1m" } });
    await site.ask("/");
    await site.clock.advance("10s");
    expect(await site.ask("/")).toMatchObject({ body: "second" });
    expect(questions.at(-1)).toEqual({ tag: undefined, since: undefined });
  });

  test("its no-cache is no word of the handler's", async () => {
    const { site } = asked([["ETag", '"a"']], () => held(), { route: { ttl: "10s" } });
    for (const state of ["miss", "hit", "miss", "hit", "miss", "hit"]) {
      const answer = await site.ask("/");
      expect(answer.state).toBe(state);
      expect(answer.field("cache-control")).toBe("no-cache");
      if (state === "hit") await site.clock.advance("10s");
    }
  });

  test("a no-cache of the handler's is, even where another time was given before", async () => {
    const { site } = asked([["ETag", '"a"']], () => held(["Cache-Control", "no-cache"]), { route: { ttl: "10s" } });
    await site.ask("/");
    await site.clock.advance("10s");
    await site.ask("/");
    expect(await site.ask("/")).toMatchObject({ state: "miss", body: "first" });
    expect(site.runs).toBe(3);
  });

  test("its Vary stays complete", async () => {
    const { site } = asked([["ETag", '"a"']], () => held(["Vary", "B"]), { route: { ttl: "10s", vary: ["a"] } });
    const headers = { a: "1", b: "2" };
    expect((await site.ask("/", { headers })).field("vary")).toBe("a");
    await site.clock.advance("10s");
    expect((await site.ask("/", { headers })).field("vary")).toBe("B, a");
    const hit = await site.ask("/", { headers });
    expect(hit).toMatchObject({ state: "hit" });
    expect(hit.field("vary")).toBe("B, a");
  });
});

test("a status that is no success is not asked about (RFC 9110 15.4.5)", async () => {
  const questions: unknown[] = [];
  const site = new Site(
    ({ header }) => {
      questions.push(header("if-none-match"));
      return { status: 404, fields: [["ETag", '"a"'], ["Cache-Control", "max-age=1"]] };
    },
    { route: {} },
  ); // biome-ignore format: one line
  await site.ask("/");
  await site.clock.advance("1s");
  await site.ask("/");
  expect(questions).toEqual([undefined, undefined]);
});

test("a 304 that nobody asked for is passed on as it is, and is no answer to others", async () => {
  const site = new Site(() => (site.runs === 1 ? held() : { body: "a" }));
  expect(await site.ask("/")).toMatchObject({ state: "miss", status: 304 });
  expect(await site.ask("/")).toMatchObject({ state: "miss", status: 200 });
});

test("a 304 that comes as a stream is understood as well", async () => {
  const { site } = asked([["ETag", '"a"'], ["Cache-Control", "max-age=1"]], () => held(), { route: {} }); // biome-ignore format: one line
  await site.ask("/");
  await site.clock.advance("1s");
  const ticket = await site.begin("/");
  if (ticket.state !== "miss") throw new Error(`${ticket.state} in place of a miss`);
  const { reply, capture } = ticket.stream({ status: 304, fields: [] });
  expect(capture).toBeUndefined();
  expect(reply).toMatchObject({ status: 200, body: "first" });
  expect(await site.ask("/")).toMatchObject({ state: "hit", body: "first" });
});

describe("when the backend is sick", () => {
  function sick() {
    const made: { backend?: ReturnType<typeof byteBackend>["backend"] } = {};
    const { site } = asked([["ETag", '"a"'], ["Cache-Control", "max-age=10"]], () => held(), {
      route: {},
      backend: (clock) => {
        const { backend } = byteBackend(clock);
        made.backend = backend;
        return backend;
      },
    }); // biome-ignore format: one line
    return { site, faults: made.backend?.faults };
  }

  test("a 304 that cannot be stored is answered all the same", async () => {
    const { site, faults } = sick();
    await site.ask("/");
    await site.clock.advance("10s");
    const ticket = await site.begin("/");
    faults?.set.fail();
    if (ticket.state !== "miss") throw new Error(`${ticket.state} in place of a miss`);
    const { reply } = ticket.commit({ status: 304, fields: [] }, new Uint8Array(0));
    expect(reply).toMatchObject({ status: 200, body: octets("first") });
    await turn();
    // What is stored is as stale as it was.
    expect(await site.begin("/")).toMatchObject({ state: "miss", ask: [["if-none-match", '"a"']] });
  });

  test("an entry that cannot be removed is not served again", async () => {
    const { site, faults } = sick();
    await site.ask("/");
    await site.clock.advance("10s");
    faults?.delete.fail();
    site.handler = () => ({ fields: [["Cache-Control", "private"]], body: "mine" });
    expect(await site.ask("/")).toMatchObject({ body: "mine" });
    await turn();
    const ticket = await site.begin("/");
    expect(ticket).toMatchObject({ state: "miss", ask: [] });
  });
});
