import type { Cache } from "@cachette/core";
import { Hono } from "hono";
import { expectTypeOf, test } from "vitest";
import { honoCache, purge } from "../src/index.ts";

declare const cache: Cache;

test("handlers behind the middleware keep their types", () => {
  const app = new Hono<{ Variables: { user: string } }>();
  app.get("/users/:id", honoCache(cache)({ ttl: "1m" }), (c) => {
    expectTypeOf(c.req.param("id")).toEqualTypeOf<string>();
    expectTypeOf(c.var.user).toEqualTypeOf<string>();
    return c.text("x");
  });
  app.delete("/cache", purge(cache, { authorize: () => true }));
});

test("there is no purge without authorize", () => {
  // @ts-expect-error -- authorize is missing
  purge(cache, {});
});
