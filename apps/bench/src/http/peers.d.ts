// Only what is used here of packages without types of their own.

declare module "apicache" {
  import type { RequestHandler } from "express";

  const apicache: { middleware(duration: string): RequestHandler };
  export default apicache;
}

declare module "route-cache" {
  import type { RequestHandler } from "express";

  const routeCache: { cacheSeconds(seconds: number): RequestHandler };
  export default routeCache;
}

declare module "http-cache-middleware" {
  import type { RequestHandler } from "express";

  const createMiddleware: (options: { stores: unknown[] }) => RequestHandler;
  export default createMiddleware;
}
