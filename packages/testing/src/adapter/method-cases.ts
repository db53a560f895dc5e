import { check, equal, equalLists } from "../check.ts";
import { casesOf } from "./adapter-case.ts";
import { empty, lasting } from "./compare.ts";

export const methodCases = casesOf("methods", {
  "answers HEAD from a stored GET: the same fields, no body": async (start) => {
    let runs = 0;
    const site = await start({
      handler: () => {
        runs++;
        return { headers: [["Content-Type", "text/plain; charset=utf-8"]], body: "content" };
      },
    });
    await site.ask();
    const get = await site.ask();
    const head = await site.ask("/", { method: "HEAD" });
    equal(head.status, 200, "status");
    equal(head.field("x-cache"), "HIT", "x-cache");
    equal(head.field("content-length"), "7", "content-length");
    equalLists(lasting(head), lasting(get), "fields");
    empty(head);
    equal(runs, 1, "runs of the handler");
  },

  "answers HEAD with 304 to a client that has it": async (start) => {
    const site = await start({ handler: () => ({ headers: [["ETag", '"a"']], body: "content" }) });
    await site.ask();
    const head = await site.ask("/", { method: "HEAD", headers: { "if-none-match": '"a"' } });
    equal(head.status, 304, "status");
    equal(head.field("content-length"), undefined, "content-length");
  },

  "never stores what HEAD is answered": async (start) => {
    let runs = 0;
    const site = await start({ handler: () => ({ body: `run ${++runs}` }) });
    const head = await site.ask("/", { method: "HEAD" });
    equal(head.status, 200, "status of HEAD");
    equal(head.field("x-cache"), "MISS", "x-cache of HEAD");
    empty(head);
    const get = await site.ask();
    equal(get.field("x-cache"), "MISS", "x-cache of GET");
    equal(get.text, "run 2", "body of GET");
  },

  "leaves other methods alone": async (start) => {
    let runs = 0;
    const site = await start({
      routes: [
        {
          path: "/",
          methods: ["GET", "POST", "PUT", "DELETE"],
          options: { ttl: "1m" },
          handler: (request) => ({ status: request.method === "GET" ? 200 : 409, body: `${request.method} ${++runs}` }),
        },
      ],
    });
    equal((await site.ask()).text, "GET 1", "GET");
    let run = 1;
    for (const method of ["POST", "PUT", "DELETE", "POST"]) {
      const answer = await site.ask("/", { method });
      equal(answer.status, 409, `status of ${method}`);
      equal(answer.text, `${method} ${++run}`, method);
      equal(answer.field("x-cache"), "BYPASS", `x-cache of ${method}`);
      equal(answer.field("cache-status"), "cachette; fwd=method; detail=method", `cache-status of ${method}`);
    }
    const hit = await site.ask();
    equal(hit.text, "GET 1", "GET again");
  },

  "forgets what a method that is not safe has changed": async (start) => {
    let runs = 0;
    const site = await start({
      routes: [
        {
          path: "/",
          methods: ["GET", "POST", "PUT", "DELETE"],
          options: { ttl: "1m" },
          handler: (request) => ({ body: `${request.method} ${++runs}` }),
        },
      ],
    });
    for (const method of ["POST", "PUT", "DELETE"]) {
      const first = await site.ask();
      equal((await site.ask()).text, first.text, `GET before ${method}`);
      equal((await site.ask("/", { method })).text, `${method} ${runs}`, method);
      equal((await site.ask()).text, `GET ${runs}`, `GET after ${method}`);
      check((await site.ask()).text !== first.text, `what was stored before ${method} is gone`);
    }
  },

  "tells targets apart": async (start) => {
    const site = await start({ handler: (request) => ({ body: request.url }) });
    const targets = ["/", "/?", "/?q=1", "/?q=2", "/?q=1&r", "/?r&q=1", "/?q=%31", "/?Q=1"];
    for (const target of targets) equal((await site.ask(target)).field("x-cache"), "MISS", `x-cache of ${target}`);
    for (const target of targets) {
      const hit = await site.ask(target);
      equal(hit.field("x-cache"), "HIT", `x-cache of ${target} again`);
      equal(hit.text, target, `body of ${target}`);
    }
  },

  "tells hosts apart, whatever proxies claim": async (start) => {
    const site = await start({ handler: (request) => ({ body: `${request.header("host")}` }) });
    for (const host of ["a.example", "b.example"]) {
      const answer = await site.ask("/", {
        headers: { host, "x-forwarded-host": "c.example", "x-forwarded-proto": "https" },
      });
      equal(answer.text, host, "body");
      equal(answer.field("x-cache"), "MISS", "x-cache");
    }
    const hit = await site.ask("/", { headers: { host: "a.example" } });
    equal(hit.text, "a.example", "body of the hit");
    check(hit.field("x-cache") === "HIT", "what proxies claim is not part of the key");
  },

  "tells requests apart by the fields it is told to": async (start) => {
    const site = await start({
      routes: [
        {
          path: "/",
          options: { ttl: "1m", vary: ["Accept-Language"] },
          handler: (request) => ({ body: `${request.header("accept-language")}` }),
        },
      ],
    });
    for (const language of ["de", "fr"]) {
      const headers = { "accept-language": language };
      equal((await site.ask("/", { headers })).text, language, "first body");
      const hit = await site.ask("/", { headers });
      equal(hit.field("x-cache"), "HIT", "x-cache");
      equal(hit.text, language, "body of the hit");
      equal(hit.field("vary")?.toLowerCase(), "accept-language", "vary");
    }
  },
});
