import { check, equal } from "../check.ts";
import { casesOf } from "./adapter-case.ts";
import type { Received } from "./client.ts";
import { empty } from "./compare.ts";
import type { AdapterRequest } from "./harness.ts";

const tagged = {
  headers: [
    ["Content-Type", "text/plain; charset=utf-8"],
    ["ETag", '"a"'],
  ] as const,
  body: "content",
};

function notModified(answer: Received): void {
  equal(answer.status, 304, "status");
  empty(answer);
  equal(answer.field("etag"), '"a"', "etag");
  equal(answer.field("content-length"), undefined, "content-length");
  equal(answer.field("content-type"), undefined, "content-type");
}

/** Answers as handlers do that look at conditions themselves. */
function careful(request: AdapterRequest) {
  if (request.header("if-none-match") !== undefined) return { status: 304 };
  if (request.header("range") !== undefined) {
    return { status: 206, headers: [["Content-Range", "bytes 0-0/7"]] as const, body: "c" };
  }
  return tagged;
}

export const conditionCases = casesOf("conditions", {
  "answers 304 on a hit to a client that has it": async (start) => {
    const site = await start({ handler: () => tagged });
    await site.ask();
    for (const condition of ['"a"', 'W/"a"', '"x", "a"', '"x" , W/"a","y"', "*"]) {
      const answer = await site.ask("/", { headers: { "if-none-match": condition } });
      notModified(answer);
      equal(answer.field("x-cache"), "HIT", `x-cache with ${condition}`);
    }
  },

  "answers 200 on a hit to a client that has something else": async (start) => {
    const site = await start({ handler: () => tagged });
    await site.ask();
    for (const condition of ['"b"', "a", '"a', ""]) {
      const answer = await site.ask("/", { headers: { "if-none-match": condition } });
      equal(answer.status, 200, `status with ${condition}`);
      equal(answer.text, "content", `body with ${condition}`);
    }
  },

  "answers 304 on the first answer, if the client has just that": async (start) => {
    const site = await start({ handler: () => tagged });
    const answer = await site.ask("/", { headers: { "if-none-match": '"a"' } });
    notModified(answer);
    equal(answer.field("x-cache"), "MISS", "x-cache");
    const next = await site.ask();
    equal(next.status, 200, "status of the next");
    equal(next.text, "content", "body of the next");
    equal(next.field("x-cache"), "HIT", "x-cache of the next");
  },

  "looks at If-Modified-Since where there is no If-None-Match": async (start) => {
    const modified = "Wed, 01 Jan 2025 00:00:00 GMT";
    const later = "Thu, 02 Jan 2025 00:00:00 GMT";
    const site = await start({
      handler: () => ({
        headers: [
          ["ETag", '"a"'],
          ["Last-Modified", modified],
        ],
        body: "content",
      }),
    });
    await site.ask();
    notModified(await site.ask("/", { headers: { "if-modified-since": later } }));
    const both = await site.ask("/", { headers: { "if-modified-since": later, "if-none-match": '"b"' } });
    equal(both.status, 200, "status when If-None-Match does not match");
  },

  "does not show the handler what the client has": async (start) => {
    for (const headers of [
      { "if-none-match": '"b"' },
      { range: "bytes=0-0" },
      { "if-range": '"a"', range: "bytes=0-0" },
    ]) {
      const site = await start({ handler: careful });
      const first = await site.ask("/", { headers });
      equal(first.status, 200, "status of the first answer");
      equal(first.text, "content", "body of the first answer");
      const next = await site.ask();
      equal(next.field("x-cache"), "HIT", "x-cache of the next");
      equal(next.text, "content", "body of the next");
    }
  },

  "shows the handler all else that the client sent": async (start) => {
    const site = await start({
      handler: (request) => ({ body: `${request.method} ${request.url} ${request.header("x-note")}` }),
    });
    const answer = await site.ask("/?a=%2F", { headers: { "if-none-match": '"b"', "x-note": "hello" } });
    equal(answer.text, "GET /?a=%2F hello", "what the handler saw");
  },

  "leaves conditions to the handler where it does not cache": async (start) => {
    const site = await start({ handler: careful });
    const headers = { "if-none-match": '"b"', cookie: "session=1" };
    const answer = await site.ask("/", { headers });
    equal(answer.status, 304, "status");
    check(answer.field("x-cache") === "BYPASS", "it did not go through the cache");
  },
});
