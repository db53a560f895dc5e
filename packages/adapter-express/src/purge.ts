import type { Cache } from "@cachette/core";
import { queryOf, setFields } from "@cachette/core/adapter";
import { createPurge, type PurgeRouteOptions } from "@cachette/core/http";
import type { Request, RequestHandler } from "express";

/**
 * A handler that clears the namespace in the query (`?namespace=v1`), the whole cache without one, or a tag. It answers
 * 200 with `{"cleared":true,"namespace":"v1"}`, 401, 400 or 503.
 *
 * @example
 * const authorize = (request: Request) => request.get("authorization") === `Bearer ${token}`;
 * app.delete("/cache", purge(cache, { authorize }));
 * app.delete("/cache/tags/:tag", purge<{ tag: string }>(cache, { authorize, tag: (request) => request.params.tag }));
 *
 * @throws CachetteError `OPTION_INVALID`
 */
export function purge<Parameters = Request["params"]>(
  cache: Cache,
  options: PurgeRouteOptions<Request<Parameters>>,
): RequestHandler<Parameters> {
  const answer = createPurge(cache, options);
  return async function purge(request, response) {
    const { status, fields, body } = await answer(request, new URLSearchParams(queryOf(request.originalUrl)));
    setFields(response.status(status), fields);
    response.end(body);
  };
}
