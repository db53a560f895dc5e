import { equal, equalLists } from "../check.ts";
import { casesOf } from "./adapter-case.ts";
import type { AdapterRequest } from "./harness.ts";

export const middlewareCases = casesOf("middleware", {
  "gives each answer the fields that come from before the route": async (start) => {
    let requests = 0;
    const site = await start({
      before: () => ({ headers: [["X-Request-Id", `request ${++requests}`]] }),
      handler: () => ({ headers: [["X-Note", "stored"]], body: "x" }),
    });
    for (const shown of ["MISS", "HIT", "HIT"]) {
      const answer = await site.ask();
      equal(answer.field("x-cache"), shown, "x-cache");
      equalLists(answer.values("x-request-id"), [`request ${requests}`], "x-request-id");
      equalLists(answer.values("x-note"), ["stored"], "x-note");
    }
    const head = await site.ask("/", { method: "HEAD" });
    equalLists(head.values("x-request-id"), ["request 4"], "x-request-id of HEAD");
  },

  "lets the handler's fields replace those from before the route, on hits too": async (start) => {
    const site = await start({
      before: () => ({
        headers: [
          ["Cache-Control", "public, max-age=5"],
          ["X-Note", "before"],
        ],
      }),
      handler: () => ({
        headers: [
          ["Cache-Control", "public, max-age=60"],
          ["X-Note", "handler"],
        ],
        body: "x",
      }),
    });
    for (const shown of ["MISS", "HIT"]) {
      const answer = await site.ask();
      equal(answer.field("x-cache"), shown, "x-cache");
      equalLists(answer.values("cache-control"), ["public, max-age=60"], "cache-control");
      equalLists(answer.values("x-note"), ["handler"], "x-note");
    }
  },

  // What is behind such a cookie, a token for forms say, may be in the body.
  "does not share an answer for which a cookie was set before the route": async (start) => {
    let requests = 0;
    const site = await start({
      before: () => ({ headers: [["Set-Cookie", `visit=${++requests}`]] }),
      handler: () => ({ body: "x" }),
    });
    for (const visit of [1, 2]) {
      const answer = await site.ask();
      equal(answer.field("x-cache"), "MISS", "x-cache");
      equalLists(answer.values("set-cookie"), [`visit=${visit}`], "set-cookie");
    }
  },

  "hears what was said of caching before the route, even if the handler says the same": async (start) => {
    for (const headers of [[], [["Cache-Control", "private"]]] as const) {
      const handler = (request: AdapterRequest) => ({ headers, body: `for ${request.header("x-user")}` });
      const site = await start({
        before: () => ({ headers: [["Cache-Control", "private"]] }),
        routes: [{ path: "/", options: { ttl: "1m", unkeyed: ["x-user"] }, handler }],
      });
      for (const user of ["one", "another"]) {
        const answer = await site.ask("/", { headers: { "x-user": user } });
        equal(answer.text, `for ${user}`, "body");
        equalLists(answer.values("cache-control"), ["private"], "cache-control");
      }
    }
  },

  "adds what it varies by to what was said before the route": async (start) => {
    const site = await start({
      before: (request) => ({
        headers: [
          ["Access-Control-Allow-Origin", request.header("origin") ?? "null"],
          ["Vary", "Origin"],
        ],
      }),
      routes: [{ path: "/", options: { ttl: "1m", vary: ["x-tenant"] }, handler: () => ({ body: "x" }) }],
    });
    for (const [origin, shown] of [
      ["https://one.example", "MISS"],
      ["https://another.example", "HIT"],
    ] as const) {
      const answer = await site.ask("/", { headers: { origin } });
      equal(answer.field("x-cache"), shown, "x-cache");
      equalLists(answer.values("access-control-allow-origin"), [origin], "access-control-allow-origin");
      equal(answer.values("vary").join(", ").toLowerCase(), "origin, x-tenant", "vary");
    }
  },

  "is not asked about a request that is refused before": async (start) => {
    let runs = 0;
    const site = await start({
      before: (request) =>
        request.header("x-token") === "right" ? {} : { answer: { status: 401, body: "who are you?" } },
      handler: () => ({ body: `run ${++runs}` }),
    });
    equal((await site.ask()).status, 401, "status without the token, nothing stored");
    const headers = { "x-token": "right" };
    equal((await site.ask("/", { headers })).text, "run 1", "body with the token");
    equal((await site.ask("/", { headers })).field("x-cache"), "HIT", "x-cache with the token");
    const refused = await site.ask();
    equal(refused.status, 401, "status without the token, with an entry stored");
    equal(refused.text, "who are you?", "body without the token");
    equal(runs, 1, "runs of the handler");
  },
});
