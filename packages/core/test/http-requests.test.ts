import { describe, expect, test } from "vitest";
import { memoryBackend } from "../../backend-memory/src/index.ts";
import { manualClock } from "../../testing/src/index.ts";
import type { RouteOptions } from "../src/http/index.ts";
import { joinKey } from "../src/index.ts";
import type { RequestParts } from "./http-request.ts";
import { Site, start } from "./http-site.ts";

describe("a bypass", () => {
  test.each<[string, string, RequestParts]>([
    ["fwd=method; detail=method", "/", { method: "OPTIONS" }],
    ["fwd=bypass; detail=cookie", "/", { headers: { cookie: "a=b" } }],
    ["fwd=bypass; detail=request-body", "/", { headers: { "content-length": "3" } }],
    ["fwd=bypass; detail=target", "http://other.example/", {}],
    ["fwd=bypass; detail=host", "/", { host: "a/b" }],
    ["fwd=bypass; detail=no-store", "/", { headers: { "cache-control": "no-store" } }],
    ['fwd=bypass; detail="method-override: x-http-method-override"', "/", { headers: { "x-http-method-override": "DELETE" } }], // biome-ignore format: one line a case
  ])("%s: neither looked up nor stored, and the handler sees the request as it came", async (status, url, parts) => {
    const site = new Site(({ header }) => ({ body: `${site.runs} ${header("if-none-match")}` }));
    const asked = { ...parts, headers: { ...parts.headers, "if-none-match": '"x"' } };
    await site.ask("/");
    for (const run of [2, 3]) {
      const answer = await site.ask(url, asked);
      expect(answer).toMatchObject({ state: "bypass", status: 200, body: `${run} "x"` });
      expect(answer.field("cache-status")).toBe(`cachette; ${status}`);
      expect(answer.field("x-cache")).toBe("BYPASS");
      expect(answer.field("etag")).toBeUndefined();
    }
    expect(await site.ask("/")).toMatchObject({ state: "hit", body: "1 undefined" });
    const [, reason, detail] = /detail="?([\w-]+)(?:: ([^"]*))?/.exec(status) ?? [];
    expect(site.cache.counters().bypasses).toEqual({ [String(reason)]: 2 });
    const event = { type: "bypass", reason, ...(detail === undefined ? {} : { detail }) };
    expect(site.events.filter(({ type }) => type === "bypass")).toEqual([event, event]);
  });

  test("when the route, or the cache, is switched off", async () => {
    let on = true;
    const route = new Site(() => ({ body: "a" }), { route: { ttl: "1m", enabled: false } });
    const cache = new Site(() => ({ body: "a" }), { cache: { enabled: () => on } });
    expect((await route.ask("/")).field("cache-status")).toBe("cachette; fwd=bypass; detail=disabled");
    await cache.ask("/");
    on = false;
    expect(await cache.ask("/")).toMatchObject({ state: "bypass" });
    on = true;
    expect(await cache.ask("/")).toMatchObject({ state: "hit" });
  });

  test("when the cache is closed", async () => {
    const site = new Site(() => ({ body: "a" }));
    await site.ask("/");
    await site.cache.close();
    expect(await site.ask("/")).toMatchObject({ state: "bypass", status: 200, body: "a" });
  });

  test("when the switch itself fails", async () => {
    const fails = () => {
      throw new Error("no flags today");
    };
    const site = new Site(() => ({ body: "a" }), { cache: { enabled: fails } });
    const answer = await site.ask("/");
    expect(answer).toMatchObject({ state: "bypass", body: "a" });
    expect(answer.field("cache-status")).toBe("cachette; fwd=bypass; detail=error");
    expect(site.events).toEqual([{ type: "bypass", reason: "error", detail: "no flags today" }]);
  });
});

describe("a method that is not safe", () => {
  const answers = (status: number) => {
    const site: Site = new Site(({ method }) => ({
      status: method === "GET" ? 200 : status,
      fields: [["Vary", "A"]],
      body: `${method} ${site.runs}`,
    }));
    return site;
  };

  test.each(["POST", "PUT", "PATCH", "DELETE", "FOO"])(
    "%s: the handler answers, and what is stored is served no more",
    async (method) => {
      const site = answers(201);
      for (const a of ["1", "2"]) await site.ask("/", { headers: { a } });
      await site.ask("/other");
      const changed = await site.ask("/", { method });
      expect(changed).toMatchObject({ state: "bypass", status: 201, body: `${method} 4` });
      expect(changed.field("cache-status")).toBe("cachette; fwd=method; detail=method");
      for (const a of ["1", "2"]) expect(await site.ask("/", { headers: { a } })).toMatchObject({ state: "miss" });
      expect(await site.ask("/other")).toMatchObject({ state: "hit" });
    },
  );

  test.each([400, 404, 500, 503])("with status %i it has changed nothing", async (status) => {
    const site = answers(status);
    await site.ask("/");
    await site.ask("/", { method: "POST" });
    expect(await site.ask("/")).toMatchObject({ state: "hit", body: "GET 1" });
  });

  test("that is not cached for another reason as well counts all the same", async () => {
    const site = answers(204);
    await site.ask("/");
    await site.ask("/", { method: "POST", headers: { cookie: "a=b", "content-length": "3", authorization: "x" } });
    expect(await site.ask("/")).toMatchObject({ state: "miss" });
  });
});

describe("a request that says who it is from", () => {
  const identified = { headers: { authorization: "Bearer x" } };

  test("gets no answer to others, and its own is nobody else's", async () => {
    const site = new Site(({ header }) => ({ body: `${site.runs} ${header("authorization")}` }));
    await site.ask("/");
    for (const run of [2, 3]) {
      const answer = await site.ask("/", identified);
      expect(answer).toMatchObject({ state: "miss", body: `${run} Bearer x` });
      expect(answer.field("cache-status")).toBe("cachette; fwd=uri-miss; detail=authorization");
    }
    expect(await site.ask("/")).toMatchObject({ state: "hit", body: "1 undefined" });
    expect(await site.ask("/own", identified)).toMatchObject({ state: "miss" });
    expect(await site.ask("/own")).toMatchObject({ state: "miss", body: "5 undefined" });
  });

  test.each(["public", "s-maxage=60", "must-revalidate"])("shares what is expressly for all: %s", async (word) => {
    const site = new Site(() => ({ fields: [["Cache-Control", word]], body: String(site.runs) }));
    await site.ask("/a", identified);
    for (const asked of [{}, identified])
      expect(await site.ask("/a", asked)).toMatchObject({ state: "hit", body: "1" });
    await site.ask("/b");
    expect(await site.ask("/b", identified)).toMatchObject({ state: "hit", body: "2" });
  });
});

describe("a reload asked for by a client", () => {
  const reload = { headers: { "cache-control": "no-cache" } };

  test("runs the handler and stores what it says, at most once per second and key", async () => {
    const site = new Site(() => ({ body: String(site.runs) }));
    const bodies: unknown[] = [];
    for (let step = 0; step < 30; step++) {
      bodies.push((await site.ask("/", reload)).body);
      await site.clock.advance(100);
    }
    // Older than a second: at 0 ms, 1.1 s and 2.2 s.
    expect(site.runs).toBe(3);
    expect(bodies).toEqual([...Array(11).fill("1"), ...Array(11).fill("2"), ...Array(8).fill("3")]);
    expect(await site.ask("/")).toMatchObject({ state: "hit", body: "3" });
    expect(await site.ask("/other", reload)).toMatchObject({ state: "miss", body: "4" });
  });

  test("says so", async () => {
    const site = new Site(() => ({ body: "a" }));
    await site.ask("/");
    await site.clock.advance("2s");
    const answer = await site.ask("/", reload);
    expect(answer.field("cache-status")).toBe("cachette; fwd=request; stored; ttl=60");
  });

  test("is shared by all who ask for it meanwhile, while others have the old answer", async () => {
    const site = new Site(() => ({ body: "new" }));
    site.handler = () => ({ body: "old" });
    await site.ask("/");
    await site.clock.advance("2s");
    const leader = await site.begin("/", reload);
    expect(leader.state).toBe("miss");
    const followers = Array.from({ length: 20 }, () => site.ask("/", reload));
    expect(await site.ask("/")).toMatchObject({ state: "hit", body: "old" });
    if (leader.state === "miss") leader.commit({ status: 200, fields: [] }, Buffer.from("new"));
    for (const answer of await Promise.all(followers)) expect(answer).toMatchObject({ state: "hit", body: "new" });
    expect(site.runs).toBe(1);
  });

  test("max-age: nothing older than that", async () => {
    const site = new Site(() => ({ body: String(site.runs) }));
    await site.ask("/");
    await site.clock.advance("30s");
    expect(await site.ask("/", { headers: { "cache-control": "max-age=30" } })).toMatchObject({ state: "hit" });
    expect(await site.ask("/", { headers: { "cache-control": "max-age=29" } })).toMatchObject({ body: "2" });
  });

  test("HEAD: what is too old is not given, nor is it reloaded", async () => {
    const site = new Site(() => ({ body: "a" }));
    await site.ask("/");
    await site.clock.advance("2s");
    expect(await site.ask("/", { ...reload, method: "HEAD" })).toMatchObject({ state: "bypass" });
    expect(await site.ask("/")).toMatchObject({ state: "hit" });
  });

  test("Pragma counts where there is no Cache-Control", async () => {
    const site = new Site(() => ({ body: "a" }));
    await site.ask("/");
    await site.clock.advance("2s");
    const headers = { pragma: "no-cache", "cache-control": "foo" };
    expect(await site.ask("/", { headers })).toMatchObject({ state: "hit" });
    expect(await site.ask("/", { headers: { pragma: "no-cache" } })).toMatchObject({ state: "miss" });
  });

  test("a route may ignore all of it", async () => {
    const site = new Site(() => ({ body: "a" }), { route: { ttl: "1m", clientDirectives: "ignore" } });
    await site.ask("/");
    await site.clock.advance("2s");
    for (const directive of ["no-cache", "no-store", "max-age=0"]) {
      expect(await site.ask("/", { headers: { "cache-control": directive } })).toMatchObject({ state: "hit" });
    }
  });
});

describe("keys", () => {
  const echo = (route: RouteOptions) =>
    new Site(({ scheme, host, url, header }) => ({ body: [scheme, host, url, header("a"), header("cookie")].join(" ") }), {
      route: { ttl: "1m", ...route },
    }); // biome-ignore format: one line

  test("scheme, host and target are told apart, but for what HTTP calls the same", async () => {
    const site = echo({});
    for (const [url, parts] of [
      ["/a", {}],
      ["/a", { scheme: "https" }],
      ["/a", { host: "other" }],
      ["/a", { host: null }],
      ["/a", { host: "" }],
      ["/A", {}],
      ["/a?", {}],
      ["/%61", {}],
    ] as [string, RequestParts][]) {
      expect(await site.ask(url, parts)).toMatchObject({ state: "miss" });
    }
    expect(await site.ask("/a", { host: "LocalHost:8000" })).toMatchObject({ state: "hit" });
  });

  test("without the host", async () => {
    const site = echo({ host: false });
    await site.ask("/a");
    expect(await site.ask("/a", { host: "other", scheme: "https" })).toMatchObject({ state: "hit" });
  });

  test("fields and cookies", async () => {
    const site = echo({ vary: ["A"], cookies: ["theme"] });
    for (const [a, cookie] of [
      ["1", "theme=dark; id=7"],
      ["2", "theme=dark; id=7"],
      ["1", "theme=light"],
      ["1", undefined],
      ["", "theme=dark"],
      [undefined, "theme=dark"],
    ]) {
      const headers = Object.fromEntries(Object.entries({ a, cookie }).filter(([, value]) => value !== undefined));
      const miss = await site.ask("/", { headers: headers as Record<string, string> });
      expect(miss).toMatchObject({ state: "miss" });
      expect(miss.field("vary")).toBe("a, cookie");
    }
    const hit = await site.ask("/", { headers: { a: "1", cookie: "id=8; theme=dark" } });
    expect(hit).toMatchObject({ state: "hit", body: "http localhost:8000 / 1 theme=dark; id=7" });
    expect(hit.field("vary")).toBe("a, cookie");
  });

  test("cookies that do not matter", async () => {
    const site = echo({ cookies: "ignore" });
    await site.ask("/", { headers: { cookie: "a=1" } });
    expect(await site.ask("/")).toMatchObject({ state: "hit" });
  });

  test("Vary of the handler is completed, not replaced", async () => {
    const site = new Site(() => ({ fields: [["vary", "B"]], body: "a" }), { route: { ttl: "1m", vary: ["a", "b"] } });
    for (const state of ["miss", "hit"]) {
      const answer = await site.ask("/", { headers: { a: "1" } });
      expect(answer.state).toBe(state);
      expect(answer.field("vary")).toBe("B, a");
    }
  });

  test.each<[string, RouteOptions["key"]]>([
    ["at once", (request, tail) => joinKey(tail(), request.header("x-user-id"))],
    ["later", async (request, tail) => joinKey(tail(), request.header("X-User-Id"))],
  ])("a builder that answers %s", async (_, key) => {
    const site = new Site(({ header }) => ({ fields: [["Vary", "X-User-Id"]], body: String(header("x-user-id")) }), {
      route: { ttl: "1m", ...(key && { key }) },
    }); // biome-ignore format: one line
    for (const [user, state] of [
      ["1", "miss"],
      ["2", "miss"],
      ["1", "hit"],
    ]) {
      // biome-ignore format: one line
      const answer = await site.ask("/", { headers: { "x-user-id": String(user) } });
      expect(answer).toMatchObject({ state, body: user });
    }
    const keys = site.events.flatMap((event) => (event.type === "store" ? [event.key] : []));
    expect(keys).toEqual(['cachette::GET:http://localhost:8000/|"1"', 'cachette::GET:http://localhost:8000/|"2"']);
  });

  test.each<[string, () => string | Promise<string>]>([
    ["throws", () => { throw new Error("secret of the builder"); }], // biome-ignore format: one line
    ["rejects", async () => { throw new Error("secret of the builder"); }], // biome-ignore format: one line
    ["throws what is no error", () => { throw Object.create(null); }], // biome-ignore format: one line
    ["gives nothing", () => ""],
  ])("a builder that %s: the handler answers, and the client is told no details", async (_, key) => {
    const site = new Site(() => ({ body: "a" }), { route: { ttl: "1m", key } });
    const answer = await site.ask("/");
    expect(answer).toMatchObject({ state: "bypass", body: "a" });
    expect(answer.field("cache-status")).toBe("cachette; fwd=bypass; detail=key");
    expect(site.cache.counters().bypasses).toEqual({ key: 1 });
    expect(site.events).toEqual([{ type: "bypass", reason: "key", detail: expect.any(String) }]);
  });
});

describe("tags", () => {
  test("by the request", async () => {
    const route: RouteOptions = { ttl: "1m", tags: ({ url }) => [`path:${url}`, "all"] };
    const site = new Site(({ url }) => ({ body: `${url} ${site.runs}` }), { route });
    await site.ask("/a");
    await site.ask("/b");
    await site.cache.invalidateTags(["path:/a"]);
    expect(await site.ask("/a")).toMatchObject({ state: "miss" });
    expect(await site.ask("/b")).toMatchObject({ state: "hit" });
    await site.cache.invalidateTags(["all"]);
    expect(await site.ask("/b")).toMatchObject({ state: "miss" });
  });

  test("fixed ones, and a namespace", async () => {
    const site = new Site(() => ({ body: "a" }), { route: { ttl: "1m", tags: ["t"], namespace: "n" } });
    for (const purge of [
      () => site.cache.invalidateTags(["t"]),
      () => site.cache.clear({ namespace: "n" }),
      () => site.cache.clear(),
    ]) {
      await site.ask("/");
      expect(await site.ask("/")).toMatchObject({ state: "hit" });
      await purge();
      expect(await site.ask("/")).toMatchObject({ state: "miss" });
    }
    await site.cache.clear({ namespace: "other" });
    expect(await site.ask("/")).toMatchObject({ state: "hit" });
  });

  test.each<[string, unknown]>([
    ["throw", () => { throw new Error("secret of the tags"); }], // biome-ignore format: one line
    ["are no list", () => "tag"],
    ["are empty texts", () => [""]],
    ["come later", async () => ["tag"]],
  ])("that %s: the handler answers, nothing is stored, the key is free", async (_, tags) => {
    const site = new Site(() => ({ body: "a" }), { route: { ttl: "1m", tags: tags as () => string[] } });
    for (const _ of [1, 2]) {
      const answer = await site.ask("/");
      expect(answer).toMatchObject({ state: "bypass", body: "a" });
      expect(answer.field("cache-status")).toBe("cachette; fwd=bypass; detail=tags");
    }
  });
});

test("two routes on one cache have one answer for one request; two namespaces have two", async () => {
  const backend = memoryBackend({ maxEntries: 100, clock: manualClock(start) });
  const sites = ["a", "b", undefined, undefined].map((namespace) => {
    const route = namespace === undefined ? { ttl: "1m" as const } : { ttl: "1m" as const, namespace };
    return new Site(() => ({ body: String(namespace) }), { route, cache: { backend } });
  });
  const answers = [];
  for (const site of sites) answers.push(await site.ask("/"));
  expect(answers.map(({ state, body }) => [state, body])).toEqual([
    ["miss", "a"],
    ["miss", "b"],
    ["miss", "undefined"],
    ["hit", "undefined"],
  ]);
});
