import { createHash } from "node:crypto";
import { describe, expect, test } from "vitest";
import type { HeaderFields } from "../src/http/index.ts";
import { record, Site, start } from "./http-site.ts";
import { parseList } from "./structured-list.ts";

const date = new Date(start).toUTCString();
const bytes = Uint8Array.from({ length: 256 }, (_, octet) => octet);

function tagOf(body: string | Uint8Array): string {
  return `"${createHash("sha256").update(body).digest().subarray(0, 18).toString("base64url")}"`;
}

test("age and remaining lifetime are those of each moment, however hits fall within a second", async () => {
  const site = new Site(() => ({ fields: [["Age", "3"]], body: "a" }), { route: { ttl: "12.3s", clientTtl: "5s" } });
  await site.clock.advance(450);
  await site.ask("/");
  const stored = site.clock.now();
  for (const step of [1, 98, 200, 251, 449, 1, 1, 700, 299, 1, 2, 998, 1, 3_000, 49, 1, 950]) {
    await site.clock.advance(step);
    const held = site.clock.now() - stored;
    const { fields } = await site.ask("/");
    expect(record(fields).Age, `after ${held} ms`).toEqual([`${3 + Math.floor(held / 1_000)}`]);
    const left = Math.floor((12_300 - held) / 1_000);
    expect(record(fields)["Cache-Status"]?.[0], `after ${held} ms`).toContain(`ttl=${left}`);
  }
});

test("each gets the answer to its own condition, whoever asked before within the second", async () => {
  const site = new Site(() => ({ body: "a" }), { route: { ttl: "1m" } });
  await site.ask("/");
  const own = tagOf("a");
  const since = { "if-modified-since": new Date(start + 3_600_000).toUTCString() };
  const asked: readonly (readonly [Record<string, string>, number])[] = [
    [{}, 200],
    [{ "if-none-match": own }, 304],
    [{ "if-none-match": '"other"' }, 200],
    [{ "if-none-match": `W/${own}` }, 304],
    [{ "if-none-match": '"other"', ...since }, 200],
    [{ "if-none-match": `"${"x".repeat(200)}", ${own}` }, 304],
    [{ "if-none-match": `"${"x".repeat(200)}"` }, 200],
  ];
  for (let round = 0; round < 3; round++) {
    for (const [first, second] of asked.flatMap((one) => asked.map((another) => [one, another] as const))) {
      for (const [headers, status] of [first, second]) {
        const answer = await site.ask("/", { headers });
        expect([answer.state, answer.status, answer.body === undefined], JSON.stringify(headers)).toEqual([
          "hit",
          status,
          status === 304,
        ]);
      }
    }
    await site.clock.advance(700);
  }
});

describe("a miss, and the hits after it", () => {
  test("status, fields and bytes are those of the handler", async () => {
    const fields: HeaderFields = [
      ["Content-Type", "application/octet-stream"],
      ["X-Line", "one"],
      ["Link", "<a>; rel=preload"],
      ["x-line", "two"],
      ["link", "<b>; rel=preload"],
    ];
    const site = new Site(() => ({ status: 203, fields, body: bytes }));
    const miss = await site.ask("/a");
    await site.clock.advance("1.5s");
    const hit = await site.ask("/a");

    const shown = {
      "Content-Type": ["application/octet-stream"],
      "X-Line": ["one"],
      "x-line": ["two"],
      Link: ["<a>; rel=preload"],
      link: ["<b>; rel=preload"],
      "Cache-Control": ["no-cache"],
      ETag: [tagOf(bytes)],
      Date: [date],
    };
    expect(miss).toMatchObject({ state: "miss", status: 203 });
    expect(record(miss.fields)).toEqual({
      ...shown,
      "Cache-Status": ["cachette; fwd=uri-miss; stored; ttl=60"],
      "X-Cache": ["MISS"],
    });
    expect(hit).toMatchObject({ state: "hit", status: 203, body: miss.body });
    expect(record(hit.fields)).toEqual({
      ...shown,
      "Content-Length": ["256"],
      Age: ["1"],
      "Cache-Status": ["cachette; hit; ttl=58"],
      "X-Cache": ["HIT"],
    });
    expect(hit.body).toBe(Buffer.from(bytes).toString("latin1"));
    expect(site.runs).toBe(1);
  });

  test("a hit on memory answers at once", async () => {
    const site = new Site(() => ({ body: "a" }));
    await site.ask("/");
    expect(site.begin("/")).toMatchObject({ state: "hit" });
  });

  test("what the handler said of freshness, validators and dates stays as it is", async () => {
    const fields: HeaderFields = [
      ["cache-control", "public, max-age=30"],
      ["etag", 'W/"mine"'],
      ["date", new Date(start - 10_000).toUTCString()],
      ["Last-Modified", new Date(start - 90_000).toUTCString()],
      ["Expires", new Date(start + 1_000).toUTCString()],
    ];
    const site = new Site(() => ({ fields, body: "a" }));
    const miss = await site.ask("/");
    const hit = await site.ask("/");
    expect(miss.fields.slice(0, 5)).toEqual(fields);
    expect(hit.fields.slice(0, 5)).toEqual(fields);
    for (const answer of [miss, hit]) {
      for (const name of ["cache-control", "etag", "date"]) {
        expect(answer.fields.filter(([field]) => field.toLowerCase() === name)).toHaveLength(1);
      }
    }
    // By its date it was ten seconds old.
    expect(miss.field("cache-status")).toBe("cachette; fwd=uri-miss; stored; ttl=20");
    expect(hit.field("age")).toBe("10");
  });

  test("Expires of the handler is freshness enough, and no Cache-Control is added to it", async () => {
    const fields: HeaderFields = [["Expires", new Date(start + 5_000).toUTCString()]];
    const site = new Site(() => ({ fields }), { route: {} });
    expect((await site.ask("/")).field("cache-control")).toBeUndefined();
    expect((await site.ask("/")).field("cache-status")).toBe("cachette; hit; ttl=5");
  });

  test("the buffer of the handler is its own", async () => {
    const buffer = Buffer.from("first");
    const site = new Site(() => ({ body: buffer }));
    await site.ask("/");
    buffer.write("other");
    expect((await site.ask("/")).body).toBe("first");
  });

  test("bodies of no octets", async () => {
    const site = new Site(() => ({ body: "" }));
    await site.ask("/");
    const hit = await site.ask("/");
    expect(hit).toMatchObject({ status: 200, body: "" });
    expect(hit.field("content-length")).toBe("0");
    expect(hit.field("etag")).toBe(tagOf(""));
  });

  test("204 has no body and no length", async () => {
    const site = new Site(() => ({ status: 204, fields: [["Cache-Control", "max-age=5"]] }));
    await site.ask("/");
    const hit = await site.ask("/");
    expect(hit).toMatchObject({ state: "hit", status: 204, body: undefined });
    expect(hit.field("content-length")).toBeUndefined();
  });

  test("a redirect is one again, without a tag", async () => {
    const site = new Site(() => ({ status: 301, fields: [["Location", "/b"]], body: "moved" }));
    await site.ask("/");
    const hit = await site.ask("/");
    expect(hit).toMatchObject({ state: "hit", status: 301, body: "moved" });
    expect(hit.field("location")).toBe("/b");
    expect(hit.field("etag")).toBeUndefined();
  });

  test("an error with a time of its own", async () => {
    const site = new Site(() => ({ status: 500, body: "oh" }), { route: { ttl: "1m", statuses: { 500: "2s" } } });
    await site.ask("/");
    expect(await site.ask("/")).toMatchObject({ state: "hit", status: 500, body: "oh" });
    await site.clock.advance("2s");
    expect(await site.ask("/")).toMatchObject({ state: "miss" });
  });

  test("is gone after its time, to the millisecond", async () => {
    const site = new Site(() => ({ body: String(site.runs) }), { route: { ttl: "10s" } });
    await site.ask("/");
    await site.clock.advance(9_999);
    expect(await site.ask("/")).toMatchObject({ state: "hit", body: "1" });
    await site.clock.advance(1);
    expect(await site.ask("/")).toMatchObject({ state: "miss", body: "2" });
  });
});

describe("fields that are not for the next client", () => {
  test("those of the connection, and those it names, are not replayed", async () => {
    const fields: HeaderFields = [
      ["Connection", "X-Hop, close"],
      ["connection", "X-Other"],
      ["X-Hop", "1"],
      ["x-other", "2"],
      ["Keep-Alive", "timeout=5"],
      ["Proxy-Authenticate", "Basic"],
      ["Proxy-Connection", "close"],
      ["TE", "trailers"],
      ["Trailer", "X-T"],
      ["Transfer-Encoding", "chunked"],
      ["Upgrade", "h2c"],
      ["X-Kept", "3"],
    ];
    const site = new Site(() => ({ fields, body: "a" }));
    expect((await site.ask("/")).field("x-hop")).toBe("1");
    const hit = await site.ask("/");
    expect(hit.state).toBe("hit");
    const names = hit.fields.map(([name]) => name);
    expect(names.sort()).toEqual(
      ["Age", "Cache-Control", "Cache-Status", "Content-Length", "Date", "ETag", "X-Cache", "X-Kept"].sort(),
    );
  });

  test("length, age and status of an inner cache are replaced by our own", async () => {
    const fields: HeaderFields = [
      ["content-length", "1"],
      ["Age", "20"],
      ["x-cache", "HIT"],
      ["Cache-Status", "Inner; hit; ttl=40"],
      ["Cache-Control", "max-age=60"],
    ];
    const site = new Site(() => ({ fields, body: "a" }));
    const miss = await site.ask("/");
    expect(miss.field("x-cache")).toBe("MISS");
    expect(miss.field("cache-status")).toBe("Inner; hit; ttl=40, cachette; fwd=uri-miss; stored; ttl=40");
    expect(miss.field("age")).toBe("20");
    await site.clock.advance("5s");
    const hit = await site.ask("/");
    expect(hit.field("content-length")).toBe("1");
    expect(hit.field("age")).toBe("25");
    expect(hit.field("x-cache")).toBe("HIT");
    expect(hit.field("cache-status")).toBe("Inner; hit; ttl=40, cachette; hit; ttl=35");
    expect(parseList(hit.field("cache-status") ?? "").map(({ value }) => value)).toEqual([
      { token: "Inner" },
      { token: "cachette" },
    ]);
  });

  test("an answer stored by a process whose clock is ahead is not younger than new", async () => {
    const site = new Site(() => ({ body: "a" }));
    await site.ask("/");
    site.clock.set(start - 30_000);
    expect((await site.ask("/")).field("age")).toBe("0");
  });
});

describe("conditions of the client", () => {
  const modified = new Date(start - 90_000).toUTCString();
  const plain = (): { fields: HeaderFields; body: string } => ({
    fields: [
      ["Content-Type", "text/plain"],
      ["Content-Length", "1"],
      ["Content-Language", "en"],
      ["Content-Location", "/x"],
      ["Last-Modified", modified],
    ],
    body: "a",
  });

  test("what the client has is not sent again, be it a hit or a miss", async () => {
    const site = new Site(plain);
    const headers = { "if-none-match": `"x", W/${tagOf("a")}` };
    for (const state of ["miss", "hit"]) {
      const answer = await site.ask("/", { headers });
      expect(answer).toMatchObject({ state, status: 304, body: undefined });
      // RFC 9110 15.4.5
      for (const name of ["date", "etag", "content-location", "cache-control"]) {
        expect(answer.field(name)).toBeDefined();
      }
      for (const name of ["content-type", "content-length", "content-language"]) {
        expect(answer.field(name)).toBeUndefined();
      }
      expect(answer.field("x-cache")).toBe(state.toUpperCase());
    }
    expect(await site.ask("/")).toMatchObject({ state: "hit", status: 200, body: "a" });
    expect(site.runs).toBe(1);
  });

  test("what the client does not have is sent", async () => {
    const site = new Site(plain);
    for (const state of ["miss", "hit"]) {
      const headers = { "if-none-match": '"x"', "if-modified-since": new Date(start).toUTCString() };
      expect(await site.ask("/", { headers })).toMatchObject({ state, status: 200, body: "a" });
    }
  });

  test("If-Modified-Since", async () => {
    const site = new Site(plain);
    for (const state of ["miss", "hit"]) {
      const headers = { "if-modified-since": modified };
      expect(await site.ask("/", { headers })).toMatchObject({ state, status: 304 });
    }
    const headers = { "if-modified-since": new Date(start - 91_000).toUTCString() };
    expect(await site.ask("/", { headers })).toMatchObject({ state: "hit", status: 200 });
  });

  test("an answer that is not stored is compared too, by the handler's own validators", async () => {
    const site = new Site(() => ({ fields: [["ETag", '"mine"'], ["Cache-Control", "private"]], body: "a" })); // biome-ignore format: one line
    const mine = { headers: { "if-none-match": '"mine"' } };
    expect(await site.ask("/", mine)).toMatchObject({ state: "miss", status: 304, body: undefined });
    const made = { headers: { "if-none-match": tagOf("a") } };
    expect(await site.ask("/", made)).toMatchObject({ state: "miss", status: 200, body: "a" });
  });

  test("errors and redirects are sent whatever the client has", async () => {
    const site = new Site(() => ({ status: 404, fields: [["ETag", '"e"'], ["Cache-Control", "max-age=9"]] })); // biome-ignore format: one line
    for (const state of ["miss", "hit"]) {
      expect(await site.ask("/", { headers: { "if-none-match": "*" } })).toMatchObject({ state, status: 404 });
    }
  });

  test("a Range is kept from the handler, and a part of what the client does not have is of no use to it", async () => {
    const site = new Site(({ header }) => ({ status: header("range") === undefined ? 200 : 206, body: "abc" }));
    for (const state of ["miss", "hit"]) {
      const headers = { range: "bytes=0-0", "if-range": '"x"' };
      expect(await site.ask("/", { headers })).toMatchObject({ state, status: 200, body: "abc" });
    }
  });
});

describe("HEAD", () => {
  test("is answered from a stored GET, without its body", async () => {
    const site = new Site(() => ({ fields: [["Content-Type", "text/plain"]], body: "abc" }));
    await site.ask("/");
    const head = await site.ask("/", { method: "HEAD" });
    const get = await site.ask("/");
    expect(head).toMatchObject({ state: "hit", status: 200, body: undefined, fields: get.fields });
    expect(head.field("content-length")).toBe("3");
    const headers = { "if-none-match": tagOf("abc") };
    expect(await site.ask("/", { method: "HEAD", headers })).toMatchObject({ state: "hit", status: 304 });
  });

  test("runs the handler when nothing is stored, and never fills", async () => {
    const site = new Site(() => ({ body: "abc" }));
    const head = await site.ask("/", { method: "HEAD", headers: { "if-none-match": '"x"' } });
    expect(head.state).toBe("bypass");
    expect(head.field("cache-status")).toBe("cachette; fwd=uri-miss; detail=head");
    expect(head.field("x-cache")).toBe("MISS");
    expect(await site.ask("/")).toMatchObject({ state: "miss" });
  });

  test("does not wait for a GET", async () => {
    const site = new Site(() => ({ body: "abc" }));
    const get = await site.begin("/");
    expect(get.state).toBe("miss");
    expect(site.begin("/", { method: "HEAD" })).toMatchObject({ state: "bypass" });
  });
});

test("without a short status field, and with another name", async () => {
  const none = new Site(() => ({ body: "a" }), { route: { ttl: "1m", statusHeader: false } });
  const other = new Site(() => ({ body: "a" }), { route: { ttl: "1m", statusHeader: "X-Shop" } });
  for (const short of ["MISS", "HIT"]) {
    const silent = await none.ask("/");
    expect(silent.field("x-cache")).toBeUndefined();
    expect(silent.field("cache-status")).toContain("cachette");
    const told = await other.ask("/");
    expect(told.field("x-shop")).toBe(short);
    expect(told.field("x-cache")).toBeUndefined();
  }
});
