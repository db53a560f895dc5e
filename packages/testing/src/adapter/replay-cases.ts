import { check, equal, equalBytes, equalLists } from "../check.ts";
import { casesOf, type Start } from "./adapter-case.ts";
import type { Ask } from "./client.ts";
import { empty, sameAnswer } from "./compare.ts";
import type { AdapterAnswer } from "./harness.ts";

/** That an answer comes back as it was, with one run of the handler; gives what came. */
async function replays(start: Start, answer: AdapterAnswer) {
  let runs = 0;
  const site = await start({
    handler: () => {
      runs++;
      return answer;
    },
  });
  const first = await site.ask();
  const hit = await site.ask();
  sameAnswer(hit, first);
  equal(runs, 1, "runs of the handler");
  return { first, hit };
}

const allOctets = Uint8Array.from({ length: 1024 }, (_, index) => index % 256);

export const replayCases = casesOf("replay", {
  "gives JSON back": async (start) => {
    const { hit } = await replays(start, {
      headers: [["Content-Type", "application/json; charset=utf-8"]],
      body: JSON.stringify({ q: 42, name: "grün" }),
    });
    equal(hit.text, '{"q":42,"name":"grün"}', "body");
    equal(hit.field("content-type"), "application/json; charset=utf-8", "content-type");
  },

  "gives HTML back": async (start) => {
    const { hit } = await replays(start, {
      headers: [["Content-Type", "text/html; charset=utf-8"]],
      body: "<p>hello</p>",
    });
    equal(hit.field("content-type"), "text/html; charset=utf-8", "content-type");
  },

  "gives bytes of every value back": async (start) => {
    const { hit } = await replays(start, {
      headers: [["Content-Type", "application/octet-stream"]],
      body: allOctets,
    });
    equalBytes(hit.body, allOctets, "body");
    equal(hit.field("content-length"), "1024", "content-length");
  },

  "is not changed by what the handler does to its bytes afterwards": async (start) => {
    const bytes = new Uint8Array([1, 2, 3]);
    const site = await start({
      handler: () => ({ headers: [["Content-Type", "application/octet-stream"]], body: bytes }),
    });
    await site.ask();
    bytes.fill(9);
    equalBytes((await site.ask()).body, new Uint8Array([1, 2, 3]), "body");
  },

  "gives a redirect back": async (start) => {
    const { hit } = await replays(start, { status: 301, headers: [["Location", "/elsewhere?a=1&b=%2F"]] });
    equal(hit.status, 301, "status");
    equal(hit.field("location"), "/elsewhere?a=1&b=%2F", "location");
  },

  "gives an empty body back": async (start) => {
    const { hit } = await replays(start, { headers: [["Content-Type", "text/plain"]], body: "" });
    equal(hit.field("content-length"), "0", "content-length");
  },

  "gives a 204 back, without a length": async (start) => {
    const { hit } = await replays(start, {
      status: 204,
      headers: [
        ["Cache-Control", "max-age=60"],
        ["X-Note", "nothing to say"],
      ],
    });
    equal(hit.status, 204, "status");
    equal(hit.field("content-length"), undefined, "content-length");
    equal(hit.field("x-note"), "nothing to say", "x-note");
    empty(hit);
  },

  "gives several lines of one field back": async (start) => {
    const links = ["</a.css>; rel=preload", "</b.css>; rel=preload"];
    const { first, hit } = await replays(start, {
      headers: [
        ["Content-Type", "text/plain"],
        ["Link", links[0] ?? ""],
        ["Link", links[1] ?? ""],
      ],
      body: "x",
    });
    equal(hit.field("link"), links.join(", "), "link");
    equalLists(hit.values("link"), first.values("link"), "lines of link");
  },

  "gives the handler's own fields back": async (start) => {
    const own = {
      "cache-control": "public, max-age=60",
      date: new Date(Date.now() - 2000).toUTCString(),
      etag: '"of the handler"',
      "last-modified": "Tue, 31 Dec 2024 00:00:00 GMT",
      "x-note": "a, b",
    };
    const { first, hit } = await replays(start, { headers: Object.entries(own), body: "x" });
    for (const [name, value] of Object.entries(own)) {
      equal(first.field(name), value, `${name} of the first answer`);
      equal(hit.field(name), value, `${name} of the hit`);
    }
  },

  "keeps the connection in use through all kinds of answers": async (start) => {
    const site = await start({
      routes: [
        { path: "/text", options: { ttl: "1m" }, handler: () => ({ body: "text" }) },
        { path: "/empty", options: { ttl: "1m" }, handler: () => ({ body: "" }) },
        { path: "/moved", options: { ttl: "1m" }, handler: () => ({ status: 301, headers: [["Location", "/"]] }) },
        { path: "/none", options: { ttl: "1m", statuses: { 204: "1m" } }, handler: () => ({ status: 204 }) },
        { path: "/broken", options: { ttl: "1m" }, handler: () => ({ status: 500, body: "broken" }) },
      ],
      purge: { path: "/purge", authorize: () => true },
    });
    const keepAlive = { connection: "keep-alive" };
    const asks = ["/text", "/empty", "/moved", "/none", "/broken"].flatMap((path): [string, Ask][] => [
      [path, {}],
      [path, {}],
      [path, { method: "HEAD", headers: keepAlive }],
      [path, { headers: { "if-none-match": "*" } }],
    ]);
    asks.push(["/purge", { method: "DELETE", headers: keepAlive }], ["/text", {}]);
    let before = false;
    for (const [path, ask] of asks) {
      const answer = await site.ask(path, ask);
      if (before) check(answer.reused, `${path} is answered on the same connection`);
      // Node's client does not keep a connection after HEAD without a length, although it could.
      before =
        answer.field("connection") !== "close" && (ask.method !== "HEAD" || answer.values("content-length").length > 0);
    }
  },
});
