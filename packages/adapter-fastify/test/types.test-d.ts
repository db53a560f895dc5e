import type { Cache } from "@cachette/core";
import Fastify, { type FastifyContextConfig, type FastifyRequest } from "fastify";
import { expectTypeOf, test } from "vitest";
import { fastifyCache, purge, type RouteOptions } from "../src/index.ts";

declare const cache: Cache;
declare const authorize: (request: FastifyRequest) => boolean;

test("routes name their options, and nothing else", () => {
  const app = Fastify();
  app.register(fastifyCache, { cache, namespace: "v1" });
  app.get("/", { config: { cache: { ttl: "1m" } } }, async () => "");
  app.get("/off", { config: { cache: false } }, async () => "");
  // Fastify takes whatever stands in `config` for a type of its own: it is checked where a type is named.
  // @ts-expect-error -- the option is misspelt
  app.get("/misspelt", { config: { cache: { tll: "1m" } satisfies RouteOptions } }, async () => "");
  expectTypeOf<FastifyContextConfig["cache"]>().toEqualTypeOf<RouteOptions | false | undefined>();
});

test("there is no purge without authorize", () => {
  // @ts-expect-error -- authorize is missing
  purge(cache, {});
  expectTypeOf(purge).parameter(1).toHaveProperty("authorize");
});

test("a tag may come from parameters with types", () => {
  type Tagged = { Params: { tag: string } };
  const tag = (request: FastifyRequest<Tagged>) => request.params.tag;
  Fastify().delete<Tagged>("/tags/:tag", purge<Tagged>(cache, { authorize, tag }));
  Fastify().delete("/tags/:tag", purge<Tagged>(cache, { authorize, tag: (request) => request.params.tag }));
});
