import { equal } from "../check.ts";
import { casesOf, type Start } from "./adapter-case.ts";
import type { Received } from "./client.ts";
import type { Site } from "./site.ts";

const token = "Bearer right";

/** Two cached routes in namespaces of their own, one without, and a purge route. */
async function shop(start: Start): Promise<Site> {
  let runs = 0;
  const route = (path: string, namespace?: string) => ({
    path,
    options: { ttl: "1m", ...(namespace === undefined ? undefined : { namespace }) } as const,
    handler: () => ({ body: `run ${++runs}` }),
  });
  const site = await start({
    routes: [route("/v1", "v1"), route("/v2", "v2"), route("/none")],
    purge: { path: "/purge", authorize: (request) => request.header("authorization") === token },
  });
  for (const path of ["/v1", "/v2", "/none"]) await site.ask(path);
  return site;
}

function purge(site: Site, query: string, authorization = token): Promise<Received> {
  return site.ask(`/purge${query}`, { method: "DELETE", headers: { authorization } });
}

async function shows(site: Site, expected: Record<string, "HIT" | "MISS">): Promise<void> {
  for (const [path, shown] of Object.entries(expected)) equal((await site.ask(path)).field("x-cache"), shown, path);
}

export const purgeCases = casesOf("purge", {
  "clears a namespace, and no other": async (start) => {
    const site = await shop(start);
    const answer = await purge(site, "?namespace=v1");
    equal(answer.status, 200, "status");
    equal(answer.text, '{"cleared":true,"namespace":"v1"}', "body");
    equal(answer.field("content-type"), "application/json; charset=utf-8", "content-type");
    equal(answer.field("cache-control"), "no-store", "cache-control");
    await shows(site, { "/v1": "MISS", "/v2": "HIT", "/none": "HIT" });
  },

  "clears everything without a namespace": async (start) => {
    const site = await shop(start);
    const answer = await purge(site, "");
    equal(answer.status, 200, "status");
    equal(answer.text, '{"cleared":true,"namespace":null}', "body");
    await shows(site, { "/v1": "MISS", "/v2": "MISS", "/none": "MISS" });
  },

  "reads the namespace as it was encoded": async (start) => {
    const site = await start({ handler: () => ({ body: "x" }), purge: { path: "/purge", authorize: () => true } });
    const answer = await purge(site, "?x=1&namespace=a%3Ab+c%26");
    equal(answer.text, '{"cleared":true,"namespace":"a:b c&"}', "body");
  },

  "refuses whoever may not": async (start) => {
    const site = await shop(start);
    const answer = await purge(site, "?namespace=v1", "Bearer wrong");
    equal(answer.status, 401, "status");
    equal(answer.field("www-authenticate"), "Bearer", "www-authenticate");
    await shows(site, { "/v1": "HIT", "/v2": "HIT", "/none": "HIT" });
  },

  "refuses a namespace that is empty or given twice": async (start) => {
    const site = await shop(start);
    for (const query of ["?namespace=", "?namespace", "?namespace=v1&namespace=v2"]) {
      equal((await purge(site, query)).status, 400, `status of ${query}`);
    }
    await shows(site, { "/v1": "HIT", "/v2": "HIT", "/none": "HIT" });
  },

  "says so when the backend is out of reach, and makes up for it": async (start) => {
    const site = await shop(start);
    site.faults.advance.fail();
    equal((await purge(site, "?namespace=v1")).status, 503, "status");
    site.faults.heal();
    await shows(site, { "/v1": "MISS", "/v2": "HIT" });
  },
});
