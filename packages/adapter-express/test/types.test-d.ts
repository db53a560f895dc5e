import type { Cache } from "@cachette/core";
import express from "express";
import { expectTypeOf, test } from "vitest";
import { expressCache, purge } from "../src/index.ts";

declare const cache: Cache;

test("handlers behind the middleware keep their types", () => {
  const app = express();
  const cached = expressCache(cache);
  app.get("/users/:id", cached({ ttl: "1m" }), (request) => {
    expectTypeOf(request.params).toEqualTypeOf<{ id: string }>();
  });
  app.get<"/typed", object, { name: string }>("/typed", cached({ ttl: "1m" }), (_request, response) => {
    expectTypeOf(response.json).parameter(0).toEqualTypeOf<{ name: string } | undefined>();
  });
});

test("there is no purge without authorize", () => {
  // @ts-expect-error -- authorize is missing
  purge(cache, {});
  expectTypeOf(purge).parameter(1).toHaveProperty("authorize");
});
