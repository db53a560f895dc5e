export type { PurgeRouteOptions, RouteOptions } from "@cachette/core/http";
export { type HonoCacheOptions, honoCache } from "./hono-cache.ts";
export { purge } from "./purge.ts";
export type { HonoApp } from "./refresh.ts";
