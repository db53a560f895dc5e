import { describe, expect, test } from "vitest";
import { turn } from "../../testing/src/turn.ts";
import type { HeaderFields, RouteOptions } from "../src/http/index.ts";
import { byteBackend } from "./byte-backend.ts";
import type { RequestParts } from "./http-request.ts";
import { type Answer, Site, type SiteOptions } from "./http-site.ts";

const paths = ["/a", "/b", "/c?q", "/d"];

/** A site with some answers stored, whose handler says `answer` to whatever is not GET. */
async function stocked(answer: Answer = {}, options: SiteOptions = {}): Promise<Site> {
  const site: Site = new Site((request) => (request.method === "GET" ? { body: request.url } : answer), options);
  for (const path of paths) await site.ask(path);
  return site;
}

/** Which of the paths are not stored any more. */
async function gone(site: Site): Promise<string[]> {
  const states: string[] = [];
  for (const path of paths) {
    if ((await site.ask(path, { headers: { "cache-control": "only-if-cached" } })).status === 504) states.push(path);
  }
  return states;
}

const send = (method: string, more: RequestParts = {}) => ({ method, ...more });

describe.each<[string, SiteOptions["backend"]]>([
  ["memory", undefined],
  ["bytes", (clock) => byteBackend(clock).backend],
])("a request that changes something (RFC 9111 4.4), on %s", (_, backend) => {
  const options = (route: RouteOptions = { ttl: "1m" }): SiteOptions => ({ route, ...(backend && { backend }) });

  test.each(["POST", "PUT", "PATCH", "DELETE", "M-SEARCH", "PURGE", "X"])(
    "%s: what is at its target",
    async (method) => {
      const site = await stocked({ status: 204 }, options());
      expect(await site.ask("/a", send(method))).toMatchObject({ state: "bypass", status: 204 });
      expect(await gone(site)).toEqual(["/a"]);
      expect(await site.ask("/a", { method: "HEAD" })).toMatchObject({ state: "bypass" });
    },
  );

  test.each(["GET", "HEAD", "OPTIONS", "TRACE", "QUERY"])("%s changes nothing", async (method) => {
    const site = await stocked({ status: 200, fields: [["Location", "/b"]] }, options());
    const ticket = await site.begin("/a", send(method, { headers: { "content-length": "1" } }));
    expect(ticket).toMatchObject({ state: "bypass" });
    expect(ticket).not.toHaveProperty("settled");
    await site.ask("/a", send(method));
    expect(await gone(site)).toEqual([]);
  });

  test.each([200, 201, 204, 299, 301, 303, 307, 399])("status %i: done", async (status) => {
    const site = await stocked({ status }, options());
    await site.ask("/a", send("POST"));
    expect(await gone(site)).toEqual(["/a"]);
  });

  test.each([100, 199, 400, 403, 404, 412, 500, 503, 599])("status %i: not done", async (status) => {
    const site = await stocked({ status, fields: [["Location", "/b"]] }, options());
    await site.ask("/a", send("DELETE"));
    expect(await gone(site)).toEqual([]);
  });

  test.each<[string, string[], HeaderFields]>([
    ["Location", ["/a", "/b"], [["Location", "/b"]]],
    ["Content-Location", ["/a", "/b"], [["content-location", "/b"]]],
    ["both", ["/a", "/b", "/d"], [["LOCATION", "/b"], ["Content-Location", "/d"]]],
    ["with a query", ["/a", "/c?q"], [["Location", "/c?q"]]],
    ["with a fragment", ["/a", "/b"], [["Location", "/b#x"]]],
    ["relative", ["/a", "/b"], [["Location", "./x/../b"]]],
    ["absolute", ["/a", "/b"], [["Location", "http://LOCALHOST:8000/b"]]],
    ["without a scheme", ["/a", "/b"], [["Location", "//localhost:8000/b"]]],
    ["another host", ["/a"], [["Location", "http://other.example/b"]]],
    ["another host without a scheme", ["/a"], [["Location", "//other.example/b"]]],
    ["another port", ["/a"], [["Location", "http://localhost:8001/b"]]],
    ["another scheme", ["/a"], [["Location", "https://localhost:8000/b"]]],
    ["no address", ["/a"], [["Location", "http://[/b"]]],
    ["something else", ["/a"], [["Location", "mailto:/b"], ["X-Location", "/b"], ["Link", "</b>"]]],
  ])("what it names on the same host: %s", async (_, expected, fields) => {
    const site = await stocked({ status: 201, fields }, options());
    await site.ask("/a", send("POST"));
    expect(await gone(site)).toEqual(expected);
  }); // biome-ignore format: one line a case

  test("other hosts, other queries and other paths stay", async () => {
    const site = await stocked({}, options());
    await site.ask("/a", send("POST", { host: "other.example" }));
    await site.ask("/a", send("POST", { scheme: "https" }));
    await site.ask("/a?", send("POST"));
    await site.ask("/A", send("POST"));
    expect(await gone(site)).toEqual([]);
  });

  test("cookies, credentials and bodies do not matter", async () => {
    const site = await stocked({}, options());
    const headers = { cookie: "a=b", authorization: "x", "content-length": "5", "cache-control": "no-store" };
    await site.ask("/a", send("POST", { headers }));
    expect(await gone(site)).toEqual(["/a"]);
  });

  test("all variants go", async () => {
    const site: Site = new Site(() => ({ fields: [["Vary", "A"]], body: `run ${site.runs}` }), options());
    const ask = (a: string) => site.ask("/", { headers: { a } });
    for (const a of ["1", "2"]) await ask(a);
    await site.ask("/", send("PUT"));
    for (const a of ["1", "2"]) expect((await ask(a)).state).toBe("miss");
  });

  test("a key builder of one's own is asked for the key of GET", async () => {
    const route: RouteOptions = { ttl: "1m", key: ({ method, url }) => `${method} ${url}` };
    const site = await stocked({ fields: [["Location", "/b"]] }, options(route));
    await site.ask("/a", send("POST"));
    expect(await gone(site)).toEqual(["/a", "/b"]);
  });

  test("what was being made before it is not stored after it", async () => {
    const site = await stocked({}, options());
    const early = await site.begin("/new");
    await site.ask("/new", send("POST"));
    if (early.state !== "miss") throw new Error(`${early.state} in place of a miss`);
    early.commit({ status: 200, fields: [] }, Buffer.from("old"));
    await turn();
    expect(await site.ask("/new")).toMatchObject({ state: "miss", body: "/new" });
  });

  test("a refresh that began before it does not bring the old answer back", async () => {
    const site = await stocked({}, options({ ttl: "10s", staleWhileRevalidate: "1m" }));
    await site.clock.advance("10s");
    const stale = await site.begin("/a");
    if (stale.state !== "stale") throw new Error(`${stale.state} in place of stale`);
    await site.ask("/a", send("POST"));
    stale.refresh?.commit({ status: 200, fields: [] }, Buffer.from("old"));
    await turn();
    expect(await site.ask("/a")).toMatchObject({ state: "miss", body: "/a" });
  });
});

test("the answer waits until it is gone", async () => {
  const { faults, site } = await sick();
  faults.delete.hang();
  let settled = false;
  const post = site.ask("/a", send("POST")).then(() => {
    settled = true;
  });
  for (let turns = 0; turns < 5; turns++) await turn();
  expect(settled).toBe(false);
  faults.delete.heal();
  faults.delete.release();
  await post;
  expect(await gone(site)).toEqual(["/a"]);
});

test("a backend that is out of reach holds it up no longer than the deadline, and what is there is not trusted", async () => {
  const { faults, site } = await sick();
  faults.delete.fail();
  expect(await site.ask("/a", send("POST"))).toMatchObject({ state: "bypass", status: 200 });
  faults.heal();
  expect(await site.ask("/a")).toMatchObject({ state: "miss" });
});

test("a key builder that fails changes nothing for the client", async () => {
  let fails = false;
  const route: RouteOptions = {
    ttl: "1m",
    key: (_, tail) => {
      if (fails) throw new Error("no keys today");
      return tail();
    },
  };
  const site = await stocked({}, { route });
  fails = true;
  expect(await site.ask("/a", send("POST"))).toMatchObject({ state: "bypass", status: 200 });
});

test("while the cache is switched off, it is remembered", async () => {
  let on = true;
  const site = await stocked({}, { cache: { enabled: () => on } });
  on = false;
  expect(await site.ask("/a", send("POST"))).toMatchObject({ state: "bypass" });
  on = true;
  expect(await gone(site)).toEqual(["/a"]);
});

async function sick() {
  const made: { faults?: ReturnType<typeof byteBackend>["backend"]["faults"] } = {};
  const site = await stocked(
    {},
    {
      backend: (clock) => {
        const { backend } = byteBackend(clock);
        made.faults = backend.faults;
        return backend;
      },
    },
  );
  if (made.faults === undefined) throw new Error("no backend was made");
  return { site, faults: made.faults };
}
