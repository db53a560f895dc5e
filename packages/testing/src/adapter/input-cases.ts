import { check, equal } from "../check.ts";
import { casesOf } from "./adapter-case.ts";

/** A host that nobody but an attacker would name. */
const elsewhere = "attacker.example";

export const inputCases = casesOf("inputs", {
  "does not store what comes of a field that is not in the key, and says how it would": async (start) => {
    const site = await start({ handler: (request) => ({ body: `for ${request.header("x-tenant")}` }) });
    for (const tenant of ["a", "b", undefined, "a"]) {
      const answer = await site.ask("/", { headers: tenant === undefined ? {} : { "x-tenant": tenant } });
      equal(answer.text, `for ${tenant}`, "body");
      equal(answer.field("x-cache"), "MISS", "x-cache");
      check(
        answer.field("cache-status")?.includes("unkeyed-input: x-tenant; vary: [") === true,
        "the input and the option are named",
      );
    }
  },

  "stores it once the field is in the key, or does not matter": async (start) => {
    const handler = (request: { header(name: string): string | undefined }) => ({
      body: `for ${request.header("x-tenant")}`,
    });
    const site = await start({
      routes: [
        { path: "/vary", options: { ttl: "1m", vary: ["x-tenant"] }, handler },
        { path: "/unkeyed", options: { ttl: "1m", unkeyed: ["x-tenant"] }, handler },
      ],
    });
    const ask = (path: string, tenant: string) => site.ask(path, { headers: { "x-tenant": tenant } });
    for (const shown of ["MISS", "HIT"]) {
      for (const tenant of ["a", "b"]) {
        const answer = await ask("/vary", tenant);
        equal(answer.text, `for ${tenant}`, "body");
        equal(answer.field("x-cache"), shown, "x-cache");
      }
    }
    equal((await ask("/unkeyed", "a")).text, "for a", "body that is said not to matter");
    equal((await ask("/unkeyed", "b")).text, "for a", "the same body for others");
  },

  "keeps an answer for each language, as soon as a handler asks for it": async (start) => {
    let runs = 0;
    const site = await start({
      handler: (request) => ({ body: `${request.header("accept-language")} ${++runs}` }),
    });
    for (const shown of ["MISS", "HIT"]) {
      for (const [index, language] of ["de", "fr"].entries()) {
        const answer = await site.ask("/", { headers: { "accept-language": language } });
        equal(answer.text, `${language} ${index + 1}`, "body");
        equal(answer.field("x-cache"), shown, "x-cache");
        equal(answer.field("vary"), "accept-language", "vary");
      }
    }
  },

  "is not poisoned by who says where a request was meant to go": async (start) => {
    const site = await start({
      handler: (request) => ({
        headers: [["Cache-Control", "max-age=60"]],
        body: `<script src="//${request.header("x-forwarded-host") ?? request.header("host")}/app.js">`,
      }),
    });
    const attack = await site.ask("/", { headers: { "x-forwarded-host": elsewhere } });
    check(attack.text.includes(elsewhere), "the attacker gets what the handler makes of it");
    check(!(await site.ask()).text.includes(elsewhere), "nobody else does");
    const hit = await site.ask();
    equal(hit.field("x-cache"), "HIT", "x-cache of what nobody has tampered with");
    check(!hit.text.includes(elsewhere), "neither does anybody later");
  },

  "stores what is made of all fields only for requests in which nothing is unknown": async (start) => {
    const site = await start({
      handler: (request) => ({ body: `for ${request.headers()["x-tenant"] ?? "nobody"}` }),
    });
    equal((await site.ask()).text, "for nobody", "body");
    equal((await site.ask()).field("x-cache"), "HIT", "x-cache");
    for (const tenant of ["a", "b"]) {
      const answer = await site.ask("/", { headers: { "x-tenant": tenant } });
      equal(answer.text, `for ${tenant}`, "body for a tenant");
      equal(answer.field("x-cache"), "MISS", "x-cache for a tenant");
    }
    equal((await site.ask()).text, "for nobody", "body for nobody again");
  },
});
