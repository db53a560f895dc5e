import { pathOf, queryOf } from "@cachette/core/adapter";
import { queryNames } from "@cachette/core/http";
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
  request.query = queryFor(target, originalUrl, query);
  return () => {
    raw.originalUrl = originalUrl;
    raw.url = url;
    request.query = query;
  };
}

/**
 * What was parsed and validated already, with what `target` has left of it, in its order. What the received target does
 * not name stays, as the defaults of a schema do, unless a parser has made it of a name such as `a[b]` that is left out.
 */
function queryFor(target: string, received: string, query: unknown): unknown {
  if (typeof query !== "object" || query === null) return query;
  const kept = new Set(queryNames(target));
  const dropped = queryNames(received).filter((name) => !kept.has(name));
  const isDropped = (key: string) =>
    dropped.some((name) => name === key || name.startsWith(`${key}[`) || name.startsWith(`${key}.`));
  const names = [...kept].filter((name) => Object.hasOwn(query, name));
  const rest = Object.keys(query).filter((key) => !kept.has(key) && !isDropped(key));
  const shown: object = Object.create(Object.getPrototypeOf(query));
  for (const name of [...names, ...rest]) {
    const value = Object.getOwnPropertyDescriptor(query, name);
    if (value !== undefined) Object.defineProperty(shown, name, value);
  }
  return shown;
}
