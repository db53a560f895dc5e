import { describe, expect, test } from "vitest";
import type { HeaderFields } from "../src/http/index.ts";
import { Site, start } from "./http-site.ts";

const modified = new Date(start - 90_000).toUTCString();

/** A site with `0123456789` stored; its handler never sees a `Range`. */
async function stored(fields: HeaderFields = [["ETag", '"a"'], ["Last-Modified", modified]], status = 200) {
  const site = new Site(({ header }) => {
    expect([header("range"), header("if-range")]).toEqual([undefined, undefined]);
    return { status, fields, body: "0123456789" };
  });
  await site.ask("/");
  return site;
} // biome-ignore format: one line

const get = (range: string, more: Record<string, string> = {}) => ({ headers: { range, ...more } });

describe("a part of a stored answer (RFC 9110 14)", () => {
  test.each([
    ["bytes=0-1", "01", "bytes 0-1/10"],
    ["bytes=4-4", "4", "bytes 4-4/10"],
    ["bytes=7-", "789", "bytes 7-9/10"],
    ["bytes=7-99", "789", "bytes 7-9/10"],
    ["bytes=-3", "789", "bytes 7-9/10"],
    ["bytes=-99", "0123456789", "bytes 0-9/10"],
  ])("%s", async (range, body, told) => {
    const site = await stored();
    const part = await site.ask("/", get(range));
    expect(part).toMatchObject({ state: "hit", status: 206, body });
    expect(part.field("content-range")).toBe(told);
    expect(part.field("content-length")).toBe(String(body.length));
    expect(part.field("etag")).toBe('"a"');
    expect(part.field("age")).toBe("0");
    expect(part.field("x-cache")).toBe("HIT");
    expect(await site.ask("/")).toMatchObject({ status: 200, body: "0123456789" });
    expect(site.runs).toBe(1);
  });

  test.each(["bytes=0-0,2-2", "bytes=10-", "bytes=5-4", "bytes=-0", "lines=0-1", "bytes", "bytes=x-y", ""])(
    "%j: the whole",
    async (range) => {
      const site = await stored();
      const answer = await site.ask("/", get(range));
      expect(answer).toMatchObject({ state: "hit", status: 200, body: "0123456789" });
      expect(answer.field("content-range")).toBeUndefined();
    },
  );

  test.each([
    ["the same strong tag", '"a"', 206],
    ["another tag", '"b"', 200],
    ["the same tag, but weak", 'W/"a"', 200],
    ["no tag at all", "a", 200],
    ["the date", modified, 206],
    ["an earlier date", new Date(start - 91_000).toUTCString(), 200],
    ["a later date", new Date(start).toUTCString(), 200],
  ])("If-Range: %s", async (_, ifRange, status) => {
    const site = await stored();
    expect(await site.ask("/", get("bytes=0-1", { "if-range": ifRange }))).toMatchObject({ state: "hit", status });
  });

  test("If-Range with a weak tag that is stored, and with a date as young as the answer", async () => {
    const weak = await stored([["ETag", 'W/"a"']]);
    expect(await weak.ask("/", get("bytes=0-1", { "if-range": 'W/"a"' }))).toMatchObject({ status: 200 });
    const now = new Date(start).toUTCString();
    const young = await stored([["Last-Modified", now]]);
    await young.clock.advance("9s");
    expect(await young.ask("/", get("bytes=0-1", { "if-range": now }))).toMatchObject({ status: 200 });
  });

  test("If-Range with the tag that the cache has made", async () => {
    const site = await stored([]);
    const tag = (await site.ask("/")).field("etag") ?? "";
    expect(await site.ask("/", get("bytes=0-1", { "if-range": tag }))).toMatchObject({ status: 206, body: "01" });
  });

  test("what the client has goes before it", async () => {
    const site = await stored();
    const both = get("bytes=0-1", { "if-none-match": '"a"' });
    const answer = await site.ask("/", both);
    expect(answer).toMatchObject({ status: 304, body: undefined });
    expect(answer.field("content-range")).toBeUndefined();
    const since = get("bytes=0-1", { "if-modified-since": modified });
    expect(await site.ask("/", since)).toMatchObject({ status: 304 });
    const other = get("bytes=0-1", { "if-none-match": '"b"', "if-modified-since": modified });
    expect(await site.ask("/", other)).toMatchObject({ status: 206 });
  });

  test("HEAD knows no parts", async () => {
    const site = await stored();
    const head = await site.ask("/", { method: "HEAD", ...get("bytes=0-1") });
    expect(head).toMatchObject({ state: "hit", status: 200, body: undefined });
    expect(head.field("content-length")).toBe("10");
    expect(head.field("content-range")).toBeUndefined();
  });

  test.each([203, 301, 404])("only of a 200, not of a %i", async (status) => {
    const site = await stored([["Cache-Control", "max-age=60"]], status);
    expect(await site.ask("/", get("bytes=0-1"))).toMatchObject({ state: "hit", status, body: "0123456789" });
  });

  test("a Content-Range that was stored does not stand beside that of the part", async () => {
    const site = await stored([["content-range", "bytes 0-9/10"]]);
    expect((await site.ask("/", get("bytes=2-3"))).field("content-range")).toBe("bytes 2-3/10");
  });

  test("on a miss: the whole, which is stored", async () => {
    const site = new Site(({ header }) => ({ status: header("range") === undefined ? 200 : 206, body: "0123" }));
    expect(await site.ask("/", get("bytes=0-1"))).toMatchObject({ state: "miss", status: 200, body: "0123" });
    expect(await site.ask("/", get("bytes=0-1"))).toMatchObject({ state: "hit", status: 206, body: "01" });
  });

  test("those who wait each get their part", async () => {
    const site = new Site(() => ({ body: "0123" }));
    const all = await Promise.all(["bytes=0-0", "bytes=1-1", "bytes=-1"].map((range) => site.ask("/", get(range))));
    expect(all.map(({ status, body }) => [status, body])).toEqual([
      [200, "0123"],
      [206, "1"],
      [206, "3"],
    ]);
  });

  test("nobody's part changes what is stored", async () => {
    const site = await stored();
    const ticket = await site.begin("/", get("bytes=0-1"));
    if (ticket.state !== "hit") throw new Error(`${ticket.state} in place of a hit`);
    expect(ticket.reply.body).toHaveLength(2);
    expect(await site.ask("/", get("bytes=0-"))).toMatchObject({ body: "0123456789" });
  });
});
