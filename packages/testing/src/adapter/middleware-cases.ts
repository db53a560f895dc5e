import { equal, equalLists } from "../check.ts";
import { casesOf } from "./adapter-case.ts";

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

  "neither stores cookies from before the route nor minds them": async (start) => {
    let requests = 0;
    const site = await start({
      before: () => ({ headers: [["Set-Cookie", `visit=${++requests}`]] }),
      handler: () => ({ body: "x" }),
    });
    for (const shown of ["MISS", "HIT"]) {
      const answer = await site.ask();
      equal(answer.field("x-cache"), shown, "x-cache");
      equalLists(answer.values("set-cookie"), [`visit=${requests}`], "set-cookie");
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
