import { check, equal } from "../check.ts";
import { casesOf } from "./adapter-case.ts";

/** A breaker that stays out of the way: each call is tried. */
const breaker = { threshold: 1_000_000 };

export const outageCases = casesOf("outage", {
  "answers from the handler when the backend fails": async (start) => {
    let runs = 0;
    const site = await start({ cache: { breaker }, handler: () => ({ body: `run ${++runs}` }) });
    site.faults.fail();
    for (const run of [1, 2]) {
      const answer = await site.ask();
      equal(answer.status, 200, "status");
      equal(answer.text, `run ${run}`, "body");
      equal(answer.field("x-cache"), "MISS", "x-cache");
    }
    site.faults.heal();
    equal((await site.ask()).text, "run 3", "body when the backend is back");
    equal((await site.ask()).field("x-cache"), "HIT", "x-cache after that");
  },

  "answers within the deadline when the backend does not": async (start) => {
    let runs = 0;
    const site = await start({ cache: { breaker, deadline: "100ms" }, handler: () => ({ body: `run ${++runs}` }) });
    site.faults.hang();
    for (const run of [1, 2]) {
      const answer = await site.ask();
      equal(answer.text, `run ${run}`, "body");
      check(answer.took < 2500, `it takes the deadline and little more, not ${Math.round(answer.took)} ms`);
    }
    site.faults.heal();
    await site.ask();
    equal((await site.ask()).field("x-cache"), "HIT", "x-cache when the backend is back");
  },

  "answers when what it made cannot be stored": async (start) => {
    let runs = 0;
    const site = await start({ cache: { breaker }, handler: () => ({ body: `run ${++runs}` }) });
    site.faults.set.fail();
    for (const run of [1, 2]) equal((await site.ask()).text, `run ${run}`, "body");
  },

  "works with a backend that answers later": async (start) => {
    let runs = 0;
    const site = await start({ handler: () => ({ headers: [["ETag", '"a"']], body: `run ${++runs}` }) });
    site.faults.delay(10);
    equal((await site.ask()).text, "run 1", "body of the first");
    // The answer does not wait for its entry to be written.
    await new Promise((resolve) => setTimeout(resolve, 50));
    const hit = await site.ask();
    equal(hit.text, "run 1", "body of a hit");
    equal(hit.field("x-cache"), "HIT", "x-cache of a hit");
    equal((await site.ask("/", { headers: { "if-none-match": '"a"' } })).status, 304, "status with a condition");
    equal((await site.ask("/", { method: "HEAD" })).field("content-length"), "5", "content-length of HEAD");
  },

  "does not get in the way when it is turned off": async (start) => {
    let runs = 0;
    const site = await start({
      cache: { enabled: false },
      handler: (request) => ({ body: `run ${++runs} ${request.header("range") ?? ""}` }),
    });
    for (const run of [1, 2]) {
      const answer = await site.ask("/", { headers: { range: "bytes=0-1" } });
      equal(answer.text, `run ${run} bytes=0-1`, "body");
      equal(answer.field("x-cache"), "BYPASS", "x-cache");
    }
  },
});
