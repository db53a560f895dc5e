import type { Cache } from "@cachette/core";
import { constrained } from "@cachette/core/adapter";
import { createHttpCache, type RouteOptions } from "@cachette/core/http";
import type { FastifyInstance, FastifyPluginOptions } from "fastify";
import { CachedRoute, following } from "./cached-route.ts";

/** Under a name that is none of Fastify's: other plugins add to its `RouteOptions`, which would then be meant below. */
type CacheOptions = RouteOptions;

declare module "fastify" {
  interface FastifyContextConfig {
    /** How `fastifyCache` caches the answers of the route. Without it, or with `false`, they are not cached. */
    cache?: CacheOptions | false;
  }
}

/** The cache, and what is the same for all routes; a route's own options go before. */
export interface FastifyCacheOptions extends RouteOptions, FastifyPluginOptions {
  /** Made by `createCache`. It is not closed with the application. */
  readonly cache: Cache;
}

/** What Fastify itself takes from the options of a plugin. */
const ownedByFastify = ["cache", "prefix", "logLevel", "logSerializers"];

/**
 * Plugin that caches the answers of those routes that say so in their `config.cache`. It sees the routes that are
 * defined after it, on the instance where it was registered and inside. All hooks that come before a handler, such as
 * those for authentication, run on hits too, and so do `onSend` and `onResponse` after it. A route whose options are
 * wrong throws where it is defined.
 *
 * @example
 * await app.register(fastifyCache, { cache, namespace: "v1" });
 * app.get("/slow", { config: { cache: { ttl: "10s" } } }, async (request) => slowAnswer(request.query));
 *
 * @throws CachetteError `OPTION_INVALID`, when it is registered
 */
export const fastifyCache = Object.assign(register, {
  // It belongs to the instance that registers it, not to a scope of its own.
  [Symbol.for("skip-override")]: true,
  [Symbol.for("fastify.display-name")]: "@cachette/adapter-fastify",
  [Symbol.for("plugin-meta")]: { name: "@cachette/adapter-fastify", fastify: "5.x" },
});

async function register(app: FastifyInstance, options: FastifyCacheOptions): Promise<void> {
  const { cache } = options;
  const defaults: RouteOptions = Object.fromEntries(
    Object.entries(options).filter(([name]) => !ownedByFastify.includes(name)),
  );
  createHttpCache(cache, defaults);
  if (!app.hasRequestDecorator(following)) app.decorateRequest(following);
  app.addHook("onRoute", (route) => {
    const given = route.config?.cache;
    if (given === undefined || given === false) return;
    const options = constrained({ ...defaults, ...given }, route.constraints ?? {});
    const cached = new CachedRoute(createHttpCache(cache, options), route.handler);
    route.handler = cached.handler;
    route.onSend = [route.onSend ?? [], cached.onSend].flat();
  });
}
