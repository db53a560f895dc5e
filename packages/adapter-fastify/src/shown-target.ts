import { pathOf, queryOf, shownQuery } from "@cachette/core/adapter";
import type { FastifyRequest } from "fastify";

/** The target as received, which Fastify keeps when it is asked for it. */
type Raw = FastifyRequest["raw"] & { originalUrl?: string };

/**
 * Shows a target with another query in place of the received one: `url`, `originalUrl`, both also on `raw`, and `query`.
 * Gives the way back.
 */
export function showTarget(request: FastifyRequest, target: string): () => void {
  const { originalUrl, query } = request;
  const raw: Raw = request.raw;
  const { url = originalUrl } = raw;
  raw.originalUrl = target;
  raw.url = pathOf(url) + queryOf(target);
  if (typeof query === "object" && query !== null) request.query = shownQuery(query, originalUrl, target);
  return () => {
    raw.originalUrl = originalUrl;
    raw.url = url;
    request.query = query;
  };
}
