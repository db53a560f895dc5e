import { check, equal } from "../check.ts";
import { casesOf } from "./adapter-case.ts";
import type { Ask } from "./client.ts";

const send = (body: unknown, headers: Readonly<Record<string, string>> = {}): Ask => ({
  method: "POST",
  headers: { "content-type": "application/json", ...headers },
  body: JSON.stringify(body),
});

export const routeCases = casesOf("routes", {
  "keeps the answers of each person for that person": async (start) => {
    let runs = 0;
    const site = await start({
      routes: [
        {
          path: "/",
          options: { ttl: "1m", private: { by: (request) => request.header("authorization") } },
          handler: (request) => {
            runs++;
            return {
              headers: [["Cache-Control", "private, max-age=60"]],
              body: `for ${request.header("authorization")}`,
            };
          },
        },
      ],
    });
    const ask = (authorization: string) => site.ask("/", { headers: { authorization, cookie: "a=b" } });
    for (const shown of ["MISS", "HIT"]) {
      for (const user of ["one", "another"]) {
        const answer = await ask(user);
        equal(answer.field("x-cache"), shown, `x-cache for ${user}`);
        equal(answer.text, `for ${user}`, "body");
        equal(answer.field("cache-control"), "private, max-age=60", "cache-control");
      }
    }
    equal(
      (await site.ask()).field("cache-status"),
      "cachette; fwd=bypass; detail=no-identity",
      "cache-status of nobody",
    );
    equal(runs, 3, "runs of the handler");
  },

  "tells clients how long they may keep it": async (start) => {
    const site = await start({
      time: "manual",
      routes: [{ path: "/", options: { ttl: "1m", clientTtl: "10s" }, handler: () => ({ body: "x" }) }],
    });
    equal((await site.ask()).field("cache-control"), "max-age=10", "cache-control of the first");
    await site.clock.advance("20s");
    equal((await site.ask()).field("cache-control"), "max-age=30", "cache-control at an age of 20");
    await site.clock.advance("36s");
    equal((await site.ask()).field("cache-control"), "max-age=60", "cache-control near the end");
  },

  "answers POST by its body, which the handler can read": async (start) => {
    let runs = 0;
    const site = await start({
      routes: [
        {
          path: "/",
          methods: ["GET", "POST"],
          options: { ttl: "1m", methods: ["GET", "POST"] },
          handler: async (request) => ({
            headers: [["ETag", '"a"']],
            body: request.method === "GET" ? "GET" : `${JSON.stringify(await request.json())} ${++runs}`,
          }),
        },
      ],
    });
    equal((await site.ask()).text, "GET", "body of GET");
    for (const [run, q] of ["a", "b"].entries()) {
      for (const shown of ["MISS", "HIT"]) {
        const answer = await site.ask("/", send({ q }, { "if-none-match": '"a"' }));
        equal(answer.status, 200, "status");
        equal(answer.field("x-cache"), shown, "x-cache");
        equal(answer.text, `${JSON.stringify({ q })} ${run + 1}`, "body");
      }
    }
    equal((await site.ask()).field("x-cache"), "HIT", "x-cache of GET after POST");
  },

  "shows the handler the target that counts": async (start) => {
    const site = await start({
      routes: [
        {
          path: "/",
          options: { ttl: "1m", query: { ignore: ["utm"], sort: true } },
          handler: (request) => ({ body: `${request.url} ${request.query("utm")} ${request.query("a")}` }),
        },
      ],
    });
    for (const [target, shown] of [
      ["/?b=2&utm=x&a=%31", "MISS"],
      ["/?a=%31&b=2", "HIT"],
      ["/?%75tm=y&a=%31&b=2&utm", "HIT"],
    ] as const) {
      const answer = await site.ask(target);
      equal(answer.text, "/?a=%31&b=2 undefined 1", `body of ${target}`);
      equal(answer.field("x-cache"), shown, `x-cache of ${target}`);
    }
    equal((await site.ask("/?utm=z")).text, "/ undefined undefined", "body without a query that counts");
  },

  "makes void what a change says": async (start) => {
    let runs = 0;
    let status = 409;
    const site = await start({
      routes: [
        { path: "/users", options: { ttl: "1m", tags: ["users"] }, handler: () => ({ body: `run ${++runs}` }) },
        {
          path: "/user",
          methods: ["POST"],
          options: { invalidates: { tags: ["users"] } },
          handler: () => ({ status, body: "x" }),
        },
      ],
    });
    equal((await site.ask("/users")).text, "run 1", "body");
    equal((await site.ask("/user", { method: "POST" })).status, 409, "status of what was not done");
    equal((await site.ask("/users")).text, "run 1", "body after what was not done");
    status = 201;
    equal((await site.ask("/user", { method: "POST" })).status, 201, "status of what was done");
    equal((await site.ask("/users")).text, "run 2", "body after what was done");
  },

  "lets the innermost of two caches answer, and waits for neither": async (start) => {
    let runs = 0;
    const site = await start({
      cache: { patience: "6s" },
      routes: [
        {
          path: "/",
          options: { ttl: "1m" },
          around: { ttl: "1m", namespace: "around" },
          handler: () => {
            runs++;
            return { headers: [["ETag", '"a"']], body: "content" };
          },
        },
      ],
    });
    const first = await site.ask();
    equal(first.text, "content", "body");
    equal(first.field("x-cache"), "MISS", "x-cache");
    const answers = await Promise.all(Array.from({ length: 5 }, () => site.ask()));
    for (const answer of answers) {
      equal(answer.text, "content", "body of a hit");
      equal(answer.field("x-cache"), "HIT", "x-cache of a hit");
      check(answer.took < 5_000, "no patience is needed");
    }
    const known = await site.ask("/", { headers: { "if-none-match": '"a"' } });
    equal(known.status, 304, "status for who has it");
    equal(runs, 1, "runs of the handler");
  },
});
