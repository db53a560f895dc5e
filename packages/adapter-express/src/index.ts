export type { PurgeRouteOptions, RouteOptions } from "@cachette/core/http";
export { type CacheMiddleware, expressCache } from "./express-cache.ts";
export { purge } from "./purge.ts";
