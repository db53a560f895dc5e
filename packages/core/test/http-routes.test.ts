import { describe, expect, test } from "vitest";
import type { RouteOptions } from "../src/http/index.ts";
import { createHttpCache } from "../src/http/index.ts";
import { Site } from "./http-site.ts";

describe("answers that are somebody's", () => {
  const mine: RouteOptions = { ttl: "1m", private: { by: (request) => request.header("x-user") } };
  const site = (route: RouteOptions = mine) =>
    new Site(
      ({ header }) => ({ fields: [["Cache-Control", "private, max-age=60"]], body: `for ${header("x-user")}` }),
      {
        route,
        watched: true,
      },
    );

  test("are kept for each, whatever says who they are, and never mixed", async () => {
    const { ask } = bound(site({ ...mine, unkeyed: ["x-user"] }));
    for (const state of ["miss", "hit"]) {
      for (const user of ["a", "b", 'a" @by="b']) {
        const headers = { "x-user": user, authorization: "Bearer x", cookie: "sid=1" };
        expect(await ask("/", { headers })).toMatchObject({ state, body: `for ${user}` });
      }
    }
  });

  test("are nobody else's in a shared cache further out either, whatever the handler says to it", async () => {
    const fields = [["CDN-Cache-Control", 'public, max-age=60, x="a"']] as const;
    const site = new Site(() => ({ fields, body: "mine" }), { route: mine });
    for (const state of ["miss", "hit"]) {
      const answer = await site.ask("/", { headers: { "x-user": "a" } });
      expect(answer.state).toBe(state);
      expect(answer.field("cdn-cache-control")).toBe("private, max-age=60, x=a");
      expect(answer.field("cache-control")).toBe("private, no-cache");
    }
  });

  test("of nobody are not cached, nor where it cannot be told", async () => {
    const { ask } = bound(site());
    for (const headers of [{}, { "x-user": "" }]) {
      expect((await ask("/", { headers })).field("cache-status")).toBe("cachette; fwd=bypass; detail=no-identity");
    }
    const broken = site({ private: { by: () => { throw new Error("as the test wants it"); } } }); // biome-ignore format: short
    expect((await broken.ask("/")).field("cache-status")).toBe("cachette; fwd=bypass; detail=identity");
    const wrong = site({ private: { by: () => 7 as unknown as string } });
    expect((await wrong.ask("/")).state).toBe("bypass");
  });

  test.each([{}, { by: "x" }, { by: () => "x", of: 1 }])("%o is refused", (options) => {
    expect(() => site({ private: options as never })).toThrow(expect.objectContaining({ code: "OPTION_INVALID" }));
  });
});

describe("methods with a body", () => {
  const route: RouteOptions = { ttl: "1m", methods: ["GET", "QUERY", "POST"] };
  const json = (body: unknown) => ({
    headers: { "content-type": "application/json", "content-length": "9" },
    body,
  });

  test("have method and body in the key, the order of names included", async () => {
    let runs = 0;
    const { ask } = bound(new Site(() => ({ body: `${++runs}` }), { route }));
    const requests = [
      { method: "QUERY", ...json({ a: 1, b: 2 }) },
      { method: "QUERY", ...json({ b: 2, a: 1 }) },
      { method: "POST", ...json({ a: 1, b: 2 }) },
      { method: "QUERY", headers: { "content-type": "text/plain", "content-length": "9" }, body: '{"a":1}' },
      { method: "QUERY", headers: { "content-length": "9" }, body: new TextEncoder().encode('{"a":1}') },
      { method: "GET" },
    ];
    for (const state of ["miss", "hit"]) {
      for (const [index, parts] of requests.entries()) {
        expect(await ask("/", parts)).toMatchObject({ state, body: `${index + 1}` });
      }
    }
  });

  test("are not cached where the body is not known", async () => {
    const { ask } = bound(new Site(() => ({ body: "x" }), { route: { ...route, maxBodyBytes: 8 } }));
    const unread = { method: "POST", headers: { "content-length": "5" } };
    expect((await ask("/", unread)).field("cache-status")).toContain("request-body: nothing has parsed it");
    expect((await ask("/", { method: "POST", ...json("x") })).field("cache-status")).toContain(
      "longer than maxBodyBytes",
    );
    expect(
      (await ask("/", { method: "POST", headers: { "content-type": "multipart/form-data" }, body: {} })).state,
    ).toBe("bypass");
  });

  test("get no 304, and are not asked for in the background", async () => {
    const { ask, clock } = bound(
      new Site(() => ({ fields: [["ETag", '"a"']], body: "x" }), { route: { ...route, staleWhileRevalidate: "1m" } }),
    );
    const parts = { method: "QUERY", ...json(1) };
    await ask("/", parts);
    expect((await ask("/", { ...parts, headers: { ...parts.headers, "if-none-match": '"a"' } })).status).toBe(200);
    await clock.advance("61s");
    expect((await ask("/", parts)).state).toBe("miss");
  });

  test.each([["PUT"], "GET", ["get"]])("%o is refused", (methods) => {
    expect(() => new Site(() => ({}), { route: { methods: methods as never } })).toThrow(
      expect.objectContaining({ code: "OPTION_INVALID" }),
    );
  });
});

describe("a change", () => {
  test("makes void what it says, before its answer goes out; what did not happen makes nothing void", async () => {
    const site = new Site(() => ({ body: "x" }), { route: { ttl: "1m", tags: ["users"], namespace: "v1" } });
    const change = createHttpCache(site.cache, {
      invalidates: { tags: (request, { status }) => [`${request.header("x-tag")}`, `status ${status}`] },
    });
    const post = async (status: number, tag: string) => {
      const ticket = await change.begin({
        ...{ method: "POST", url: "/change", scheme: "http" as const, host: "localhost:8000" },
        names: () => ["x-tag"],
        header: (name) => (name === "x-tag" ? tag : undefined),
      });
      if (ticket.state === "bypass") await ticket.settled?.({ status, fields: [] });
    };
    await site.ask("/");
    for (const [status, tag, state] of [
      [409, "users", "hit"],
      [200, "others", "hit"],
      [201, "users", "miss"],
    ] as const) {
      await post(status, tag);
      expect((await site.ask("/")).state).toBe(state);
    }
  });

  test("of a target reaches all that is stored for it, whatever else is in the keys", async () => {
    let runs = 0;
    const site = new Site(({ method }) => ({ body: method === "GET" ? `${++runs}` : "done" }), {
      route: { ttl: "1m", vary: ["x-a"] },
    });
    const get = async (value: string) => (await site.ask("/x", { headers: { "x-a": value } })).body;
    expect([await get("1"), await get("2"), await get("1")]).toEqual(["1", "2", "1"]);
    await site.ask("/x", { method: "DELETE" });
    expect([await get("1"), await get("2")]).toEqual(["3", "4"]);
  });

  test.each([{ tags: [""] }, { namespaces: "v1" }, { urls: [] }, { keys: [] }])("%o is refused", (invalidates) => {
    expect(() => new Site(() => ({}), { route: { invalidates: invalidates as never } })).toThrow(
      expect.objectContaining({ code: "OPTION_INVALID" }),
    );
  });
});

test("CDN-Cache-Control decides here, and is handed on", async () => {
  const site = new Site(
    () => ({
      fields: [
        ["Cache-Control", "no-store"],
        ["CDN-Cache-Control", "max-age=60"],
      ],
      body: "x",
    }),
    { route: {} },
  );
  await site.ask("/");
  const hit = await site.ask("/");
  expect([hit.state, hit.field("cdn-cache-control"), hit.field("cache-control")]).toEqual([
    "hit",
    "max-age=60",
    "no-store",
  ]);
});

test("what clients may keep is told anew with each reply", async () => {
  const site = new Site(() => ({ body: "x" }), { route: { ttl: "1m", clientTtl: "remaining" } });
  expect((await site.ask("/")).field("cache-control")).toBe("max-age=60");
  await site.clock.advance("20s");
  const hit = await site.ask("/");
  expect([hit.field("age"), hit.field("cache-control")]).toEqual(["20", "max-age=60"]);
});

function bound(site: Site) {
  return { clock: site.clock, ask: site.ask.bind(site) };
}
