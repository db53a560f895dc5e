export type { PurgeRouteOptions, RouteOptions } from "@cachette/core/http";
export { honoCache } from "./hono-cache.ts";
export { purge } from "./purge.ts";
