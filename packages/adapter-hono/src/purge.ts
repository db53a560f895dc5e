import type { Cache } from "@cachette/core";
import { createPurge, type PurgeRouteOptions } from "@cachette/core/http";
import type { Context, Handler } from "hono";
import type { StatusCode } from "hono/utils/http-status";

/**
 * A handler that clears the namespace in the query (`?namespace=v1`), the whole cache without one, or a tag. It answers
 * 200 with `{"cleared":true,"namespace":"v1"}`, 401, 400 or 503.
 *
 * @example
 * const authorize = (c: Context) => c.req.header("authorization") === `Bearer ${token}`;
 * app.delete("/cache", purge(cache, { authorize }));
 * app.delete("/cache/tags/:tag", purge(cache, { authorize, tag: (c) => c.req.param("tag") ?? "" }));
 *
 * @throws CachetteError `OPTION_INVALID`
 */
export function purge(cache: Cache, options: PurgeRouteOptions<Context>): Handler {
  const answer = createPurge(cache, options);
  return async function purge(c) {
    const { status, fields, body } = await answer(c, new URL(c.req.url).searchParams);
    return c.newResponse(body, status as StatusCode, Object.fromEntries(fields));
  };
}
