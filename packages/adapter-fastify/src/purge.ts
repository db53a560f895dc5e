import type { Cache } from "@cachette/core";
import { createPurge, type PurgeRouteOptions } from "@cachette/core/http";
import type { FastifyRequest, RouteHandlerMethod } from "fastify";

/**
 * A handler that clears the namespace in the query (`?namespace=v1`), the whole cache without one, or a tag. It answers
 * 200 with `{"cleared":true,"namespace":"v1"}`, 401, 400 or 503.
 *
 * @example
 * const authorize = (request: FastifyRequest) => request.headers.authorization === `Bearer ${token}`;
 * app.delete("/cache", purge(cache, { authorize }));
 *
 * @throws CachetteError `OPTION_INVALID`
 */
export function purge(cache: Cache, options: PurgeRouteOptions<FastifyRequest>): RouteHandlerMethod {
  const answer = createPurge(cache, options);
  return async function purge(request, reply) {
    const { status, fields, body } = await answer(request, queryOf(request.originalUrl));
    return reply.code(status).headers(Object.fromEntries(fields)).send(body);
  };
}

function queryOf(target: string): URLSearchParams {
  const start = target.indexOf("?");
  return new URLSearchParams(start < 0 ? "" : target.slice(start));
}
