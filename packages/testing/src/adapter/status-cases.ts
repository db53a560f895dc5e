import { check, equal } from "../check.ts";
import { casesOf } from "./adapter-case.ts";

export const statusCases = casesOf("status", {
  "says what the cache did, on the first answer and on hits": async (start) => {
    const site = await start({ handler: () => ({ body: "x" }) });
    const first = await site.ask();
    equal(first.field("x-cache"), "MISS", "x-cache of the first answer");
    equal(first.field("cache-status"), "cachette; fwd=uri-miss; stored; ttl=60", "cache-status of the first answer");
    const hit = await site.ask();
    equal(hit.field("x-cache"), "HIT", "x-cache of a hit");
    check(hit.field("cache-status")?.startsWith("cachette; hit; ttl=") === true, "cache-status says that it is a hit");
  },

  "tells the age on hits, and not before": async (start) => {
    const site = await start({ time: "manual", handler: () => ({ body: "x" }) });
    equal((await site.ask()).field("age"), undefined, "age of the first answer");
    await site.clock.advance("7s");
    const hit = await site.ask();
    equal(hit.field("age"), "7", "age after 7 s");
    equal(hit.field("cache-status"), "cachette; hit; ttl=53", "cache-status after 7 s");
  },

  "runs the handler again when the time is over": async (start) => {
    let runs = 0;
    const site = await start({ time: "manual", handler: () => ({ body: String(++runs) }) });
    await site.ask();
    await site.clock.advance("59999ms");
    equal((await site.ask()).text, "1", "body just before the end");
    await site.clock.advance(1);
    equal((await site.ask()).text, "2", "body at the end");
  },

  "gives an ETag of the content, the same on the first answer, on hits and after a purge": async (start) => {
    const site = await start({ handler: () => ({ body: "x" }) });
    const first = await site.ask();
    const tag = first.field("etag");
    check(tag !== undefined && /^(W\/)?"[^"]+"$/.test(tag), "the first answer has an ETag");
    equal((await site.ask()).field("etag"), tag, "etag of a hit");
    await site.cache.clear();
    equal((await site.ask()).field("etag"), tag, "etag after a purge");
  },

  "tells clients to ask again, where the handler says nothing else": async (start) => {
    const site = await start({ handler: () => ({ body: "x" }) });
    equal((await site.ask()).field("cache-control"), "no-cache", "cache-control of the first answer");
    equal((await site.ask()).field("cache-control"), "no-cache", "cache-control of a hit");
  },

  "names its status field as it is told": async (start) => {
    const site = await start({
      routes: [
        { path: "/named", options: { ttl: "1m", statusHeader: "X-Shop-Cache" }, handler: () => ({ body: "x" }) },
        { path: "/none", options: { ttl: "1m", statusHeader: false }, handler: () => ({ body: "x" }) },
      ],
    });
    equal((await site.ask("/named")).field("x-shop-cache"), "MISS", "x-shop-cache");
    equal((await site.ask("/named")).field("x-shop-cache"), "HIT", "x-shop-cache");
    equal((await site.ask("/none")).field("x-cache"), undefined, "x-cache");
    equal((await site.ask("/none")).field("x-cache"), undefined, "x-cache");
  },
});
