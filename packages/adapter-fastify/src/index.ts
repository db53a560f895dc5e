export type { PurgeRouteOptions, RouteOptions } from "@cachette/core/http";
export { type FastifyCacheOptions, fastifyCache } from "./fastify-cache.ts";
export { purge } from "./purge.ts";
