import { equal, equalLists } from "../check.ts";
import { casesOf, type Start } from "./adapter-case.ts";
import type { AdapterAnswer } from "./harness.ts";

/** That an answer is handed on as it is and never stored, for the reason given. */
async function notStored(
  start: Start,
  answer: AdapterAnswer,
  why: { readonly reason: string; readonly headers?: Record<string, string>; readonly shown?: "MISS" | "BYPASS" },
): Promise<void> {
  let runs = 0;
  const site = await start({ handler: () => ({ ...answer, body: `run ${++runs}` }) });
  for (const run of [1, 2]) {
    const received = await site.ask("/", { headers: why.headers ?? {} });
    equal(received.status, answer.status ?? 200, "status");
    equal(received.text, `run ${run}`, "body");
    equal(received.field("x-cache"), why.shown ?? "MISS", "x-cache");
    equal(received.field("cache-status")?.split("; ").at(-1), `detail=${why.reason}`, "cache-status");
    for (const [name] of answer.headers ?? []) {
      const given = (answer.headers ?? []).filter(([other]) => other === name).map(([, value]) => value);
      equalLists(received.values(name.toLowerCase()), given, name);
    }
  }
}

export const refusalCases = casesOf("refusals", {
  "does not store an answer with cookies": async (start) => {
    const headers = [
      ["Set-Cookie", "session=1; Path=/"],
      ["Set-Cookie", "theme=dark; Expires=Wed, 01 Jan 2031 00:00:00 GMT"],
    ] as const;
    await notStored(start, { headers }, { reason: "set-cookie" });
  },

  "does not store what is private": async (start) => {
    await notStored(start, { headers: [["Cache-Control", "private, max-age=60"]] }, { reason: "private" });
  },

  "does not store what must not be stored": async (start) => {
    await notStored(start, { headers: [["Cache-Control", "no-store"]] }, { reason: "no-store" });
  },

  "does not store an error": async (start) => {
    await notStored(start, { status: 500 }, { reason: '"status: 500"' });
  },

  "does not store a page that is not there": async (start) => {
    await notStored(start, { status: 404 }, { reason: '"status: 404"' });
  },

  "does not store a part": async (start) => {
    const headers = [["Content-Range", "bytes 0-4/9"]] as const;
    await notStored(start, { status: 206, headers }, { reason: '"status: 206"' });
  },

  "does not store what varies in ways it does not know": async (start) => {
    await notStored(start, { headers: [["Vary", "*"]] }, { reason: '"vary: *"' });
  },

  "does not store the answer to a request with Authorization": async (start) => {
    const headers = { authorization: "Bearer a" };
    await notStored(start, {}, { reason: "authorization", headers });
  },

  "does not look up for a request with cookies": async (start) => {
    await notStored(start, {}, { reason: "cookie", headers: { cookie: "session=1" }, shown: "BYPASS" });
  },

  "does not look up for a client that wants nothing stored": async (start) => {
    await notStored(start, {}, { reason: "no-store", headers: { "cache-control": "no-store" }, shown: "BYPASS" });
  },

  "keeps what it has from those whose answers are their own": async (start) => {
    let runs = 0;
    const site = await start({ handler: () => ({ body: `run ${++runs}` }) });
    equal((await site.ask()).text, "run 1", "body for anybody");
    equal((await site.ask("/", { headers: { authorization: "Bearer a" } })).text, "run 2", "body for somebody");
    equal((await site.ask("/", { headers: { cookie: "session=1" } })).text, "run 3", "body for somebody else");
    equal((await site.ask()).text, "run 1", "body for anybody again");
  },

  "stores an error where it is told to": async (start) => {
    let runs = 0;
    const site = await start({
      time: "manual",
      routes: [
        {
          path: "/",
          options: { ttl: "1m", statuses: { 404: "5s" } },
          handler: () => ({ status: 404, body: `run ${++runs}` }),
        },
      ],
    });
    await site.ask();
    const hit = await site.ask();
    equal(hit.status, 404, "status");
    equal(hit.text, "run 1", "body");
    await site.clock.advance("5s");
    equal((await site.ask()).text, "run 2", "body after its time");
  },
});
