import type { Cache } from "@cachette/core";
import { createPurge, type PurgeRouteOptions } from "@cachette/core/http";
import type { FastifyRequest, RouteGenericInterface, RouteHandlerMethod } from "fastify";

/**
 * A handler that clears the namespace in the query (`?namespace=v1`), the whole cache without one, or a tag. It answers
 * 200 with `{"cleared":true,"namespace":"v1"}`, 401, 400 or 503.
 *
 * @example
 * const authorize = (request: FastifyRequest) => request.headers.authorization === `Bearer ${token}`;
 * app.delete("/cache", purge(cache, { authorize }));
 * type Tagged = { Params: { tag: string } };
 * app.delete("/cache/tags/:tag", purge<Tagged>(cache, { authorize, tag: (request) => request.params.tag }));
 *
 * @throws CachetteError `OPTION_INVALID`
 */
export function purge<Route extends RouteGenericInterface = RouteGenericInterface>(
  cache: Cache,
  options: PurgeRouteOptions<FastifyRequest<Route>>,
): RouteHandlerMethod {
  const answer = createPurge(cache, options);
  return async function purge(request, reply) {
    const { status, fields, body } = await answer(request as FastifyRequest<Route>, queryOf(request.originalUrl));
    return reply.code(status).headers(Object.fromEntries(fields)).send(body);
  };
}

function queryOf(target: string): URLSearchParams {
  const start = target.indexOf("?");
  return new URLSearchParams(start < 0 ? "" : target.slice(start));
}
