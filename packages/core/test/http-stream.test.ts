import { describe, expect, test } from "vitest";
import { turn } from "../../testing/src/turn.ts";
import type { HeaderFields, MissTicket, RouteOptions } from "../src/http/index.ts";
import { Site, start } from "./http-site.ts";

function streaming(route: RouteOptions = { ttl: "1m" }) {
  const site = new Site(() => ({ body: "own" }), { route });
  return { site, begin: () => missOf(site) };
}

async function missOf(site: Site): Promise<MissTicket> {
  const ticket = await site.begin("/");
  if (ticket.state !== "miss") throw new Error(`a miss was expected, not ${ticket.state}`);
  return ticket;
}

const ok = (...fields: HeaderFields) => ({ status: 200, fields });

describe("a streamed answer", () => {
  test("is stored when it is complete", async () => {
    const { site, begin } = streaming();
    const { set, capture } = (await begin()).stream(ok(["Content-Type", "text/plain"]));
    expect(set).toEqual([
      ["Cache-Control", "no-cache"],
      ["Date", new Date(start).toUTCString()],
      ["Cache-Status", "cachette; fwd=uri-miss"],
      ["X-Cache", "MISS"],
    ]);
    const buffer = Buffer.from("one ");
    expect(capture?.write(buffer)).toBe(true);
    buffer.write("two ");
    expect(capture?.write(buffer)).toBe(true);
    buffer.fill(0);
    await site.clock.advance("1s");
    capture?.end();

    const hit = await site.ask("/");
    expect(hit).toMatchObject({ state: "hit", status: 200, body: "one two " });
    expect(hit.field("content-length")).toBe("8");
    expect(hit.field("etag")).toMatch(/^"[\w-]{24}"$/);
    // The first answer said the same.
    expect(hit.field("date")).toBe(new Date(start).toUTCString());
    expect(hit.field("cache-control")).toBe("no-cache");
    expect(hit.field("age")).toBe("1");
  });

  test("nobody gets it before it is complete; all who wait get it then", async () => {
    const { site, begin } = streaming();
    const { capture } = (await begin()).stream(ok());
    let answered = 0;
    const waiting = [1, 2, 3].map(async () => {
      const answer = await site.ask("/");
      answered++;
      return answer;
    });
    capture?.write(Buffer.from("a"));
    await turn();
    expect(answered).toBe(0);
    capture?.end();
    for (const answer of await Promise.all(waiting)) expect(answer).toMatchObject({ state: "hit", body: "a" });
  });

  test.each<[string, HeaderFields]>([
    ["no-store", [["Cache-Control", "no-store"]]],
    ["too-large", [["Content-Length", "1048577"]]],
    ["set-cookie", [["Set-Cookie", "a=b"]]],
  ])("is refused at once where its head says so: %s", async (reason, fields) => {
    const { site, begin } = streaming();
    const ticket = await begin();
    const other = site.ask("/");
    await turn();
    const verdict = ticket.stream(ok(...fields));
    expect(verdict.capture).toBeUndefined();
    expect(Object.fromEntries(verdict.set)["Cache-Status"]).toBe(`cachette; fwd=uri-miss; detail=${reason}`);
    expect(await other).toMatchObject({ state: "miss", body: "own" });
    expect(site.cache.counters().refusals).toEqual({ [reason]: 1 });
  });

  test("an announced length within the bound is no reason", async () => {
    const { site, begin } = streaming({ ttl: "1m", maxBodyBytes: 3 });
    const { capture } = (await begin()).stream(ok(["Content-Length", "3"]));
    capture?.write(Buffer.from("abc"));
    capture?.end();
    expect(await site.ask("/")).toMatchObject({ state: "hit", body: "abc" });
  });

  test.each<[string, (ticket: MissTicket) => void]>([
    [
      "too-large",
      (ticket) => {
        const { capture } = ticket.stream(ok());
        expect(capture?.write(Buffer.from("123456789"))).toBe(true);
        expect(capture?.write(Buffer.from("10"))).toBe(false);
        capture?.end();
      },
    ],
    [
      "aborted",
      (ticket) => {
        const { capture } = ticket.stream(ok());
        capture?.write(Buffer.from("1"));
        capture?.abort();
        capture?.end();
      },
    ],
    [
      "incomplete",
      (ticket) => {
        const { capture } = ticket.stream(ok(["Content-Length", "5"]));
        capture?.write(Buffer.from("1"));
        capture?.end();
      },
    ],
  ])("%s: not stored, those who wait run on their own", async (reason, play) => {
    const { site, begin } = streaming({ ttl: "1m", maxBodyBytes: 10 });
    const ticket = await begin();
    const other = site.ask("/");
    await turn();
    play(ticket);
    expect(await other).toMatchObject({ state: "miss", body: "own" });
    expect(site.cache.counters().refusals).toEqual({ [reason]: 1 });
    expect(site.refusals()).toMatchObject([{ reason }]);
  });

  test("abandon while it is under way", async () => {
    const { site, begin } = streaming();
    const ticket = await begin();
    const { capture } = ticket.stream(ok());
    capture?.write(Buffer.from("1"));
    ticket.abandon();
    capture?.end();
    expect(await site.ask("/")).toMatchObject({ state: "miss", body: "own" });
    expect(site.cache.counters().stores).toBe(1);
    expect(site.cache.counters().refusals).toEqual({});
  });

  test("its own time runs from its head, the route's from its end", async () => {
    const own = streaming({});
    const first = (await own.begin()).stream(ok(["Cache-Control", "max-age=10"]));
    await own.site.clock.advance("4s");
    first.capture?.end();
    const hit = await own.site.ask("/");
    expect(hit.field("cache-status")).toBe("cachette; hit; ttl=6");
    expect(hit.field("age")).toBe("4");

    const late = (await own.site.begin("/late")) as MissTicket;
    const second = late.stream(ok(["Cache-Control", "max-age=10"]));
    await own.site.clock.advance("10s");
    second.capture?.end();
    expect(own.site.cache.counters().refusals).toEqual({ expired: 1 });

    const route = streaming({ ttl: "10s" });
    const third = (await route.begin()).stream(ok());
    await route.site.clock.advance("1m");
    third.capture?.end();
    expect((await route.site.ask("/")).field("cache-status")).toBe("cachette; hit; ttl=10");
  });
});

describe("a whole answer", () => {
  test.each<[string, HeaderFields, string]>([
    ["too-large", [], "12345678901"],
    ["too-large", [["Content-Length", "11"]], "12345678901"],
    ["incomplete", [["Content-Length", "5"]], "1234"],
    ["incomplete", [["Content-Length", "3"]], "1234"],
    ["incomplete", [["Content-Length", "4, 4"]], "1234"],
    ["incomplete", [["Content-Length", "4"], ["content-length", "4"]], "1234"], // biome-ignore format: one line
  ])("%s %j", async (reason, fields, body) => {
    const site = new Site(() => ({ fields, body }), { route: { ttl: "1m", maxBodyBytes: 10 } });
    for (const _ of [1, 2]) {
      const answer = await site.ask("/");
      expect(answer).toMatchObject({ state: "miss", status: 200, body });
      expect(answer.field("cache-status")).toBe(`cachette; fwd=uri-miss; detail=${reason}`);
      // Untouched
      expect(answer.fields.slice(0, fields.length)).toEqual(fields);
      for (const name of ["etag", "cache-control", "date"]) expect(answer.field(name)).toBeUndefined();
    }
    expect(site.cache.counters().refusals).toEqual({ [reason]: 2 });
  });
});
