import { describe, expect, test } from "vitest";
import type { RouteOptions } from "../src/http/index.ts";
import { Site } from "./http-site.ts";

const options: [what: string, RouteOptions][] = [
  ["a plain key", { ttl: "1m" }],
  ["a key of the application's own", { ttl: "1m", key: () => "own" }],
  ["a query of which only a part counts", { ttl: "1m", query: { include: ["q"] } }],
];

describe.each(options)("where a router goes by something else than the target, with %s", (_, route) => {
  const site = () => new Site(({ routed }) => ({ body: `at ${routed}` }), { route });

  test("no two places share an answer, and none has that of the target", async () => {
    const { ask } = bound(site());
    for (const state of ["miss", "hit"]) {
      for (const routed of [undefined, "/v1/a?q=1", "/v2/a?q=1"]) {
        expect(await ask("/a?q=1", routed)).toMatchObject({ state, body: `at ${routed}` });
      }
    }
  });

  test("a change at one of them reaches all of a target", async () => {
    const { ask } = bound(site());
    await ask("/a", "/v1/a");
    await ask("/a", "/v2/a");
    expect(await ask("/a", "/v1/a", "PUT")).toMatchObject({ state: "bypass" });
    expect(await ask("/a", "/v1/a")).toMatchObject({ state: "miss" });
    expect(await ask("/a", "/v2/a")).toMatchObject({ state: "miss" });
  });

  test("so does one that comes to the target as it is", async () => {
    const { ask } = bound(site());
    await ask("/a", "/v1/a");
    expect(await ask("/a", undefined, "PUT")).toMatchObject({ state: "bypass" });
    expect(await ask("/a", "/v1/a")).toMatchObject({ state: "miss" });
  });
});

test("what does not count of a query does not count in a rewritten target either", async () => {
  const { ask } = bound(new Site(() => ({}), { route: { ttl: "1m", query: { include: ["q"] } } }));
  expect(await ask("/a?q=1&x=1", "/v1/a?q=1&x=1")).toMatchObject({ state: "miss" });
  expect(await ask("/a?q=1&x=2", "/v1/a?q=1&x=2")).toMatchObject({ state: "hit" });
});

function bound(site: Site) {
  const ask = (url: string, routed: string | undefined, method = "GET") =>
    site.ask(url, { method, ...(routed !== undefined && { routed }) });
  return { ask };
}
