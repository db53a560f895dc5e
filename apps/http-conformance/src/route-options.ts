import type { RouteOptions } from "@cachette/core/http";

/** Statuses that the suite gives freshness to and that are stored only where a route names them. */
const further = [299, 302, 303, 307, 400, 499, 500, 502, 503, 504, 599];

/**
 * The route under test has no `ttl`: what its handler says decides. What a route has to say to be cached to the full, as
 * the suite's tests for optimal caches want it, is said here; none of it makes anything fresh for longer.
 */
export const routeOptions: RouteOptions = {
  // Freshness that the handler gives counts with these statuses too; of their own they have none.
  statuses: Object.fromEntries(further.map((status) => [status, 0])),
  // The answers to requests with cookies are the same as to those without.
  cookies: "ignore",
  // Freshness may be guessed, and forced reloads are let through however often they come.
  heuristic: true,
  reloadEvery: 0,
  // A stale answer may be served when there is no other, as RFC 9111 4.2.4 lets a cache that is configured so.
  staleIfError: "1d",
};
