import type { Cache } from "../cache.ts";
import { checkBoolean, checkFunction, checkObject } from "../checks.ts";
import { invalidOption, isCachetteError } from "../errors.ts";
import { internals } from "../internals.ts";

/** What a purge route needs to know. `Request` is the framework's own. */
export interface PurgeRouteOptions<Request> {
  /** Who may purge. Without this there is no purge route. What it throws is the framework's to handle. */
  readonly authorize: (request: Request) => boolean | Promise<boolean>;
  /** The tag to invalidate. Without this the route clears the namespace in the query, or the whole cache. */
  readonly tag?: (request: Request) => string;
  /** `true` makes entries stale rather than gone. Default: `false`. */
  readonly soft?: boolean;
}

/** The answer of a purge route: always JSON, never to be stored. */
export interface PurgeReply {
  readonly status: number;
  readonly fields: readonly (readonly [name: string, value: string])[];
  readonly body: string;
}

/**
 * The framework-free part of a purge route. It answers 200 with `{"cleared":true,"namespace":"v1"}` (or `"tag"`; a
 * `null` namespace means everything), 401 when `authorize` says no, 400 for a namespace that is empty or given twice,
 * 503 when the backend is out of reach: the purge is then remembered, see `Cache.clear`.
 * @throws CachetteError `OPTION_INVALID` at construction
 */
export function createPurge<Request>(
  cache: Cache,
  options: PurgeRouteOptions<Request>,
): (request: Request, query: URLSearchParams) => Promise<PurgeReply> {
  if (cache?.[internals] === undefined) throw invalidOption("cache", "a cache made by createCache", cache);
  checkObject("options of purge", options, ["authorize", "tag", "soft"]);
  if (typeof options.authorize !== "function") {
    throw invalidOption("authorize", "a function that says whether the request may purge", options.authorize);
  }
  checkFunction("tag", options.tag);
  const { authorize, tag } = options;
  const soft = checkBoolean("soft", options.soft ?? false);

  return async (request, query) => {
    if ((await authorize(request)) !== true) {
      return reply(401, { error: "unauthorized" }, ["WWW-Authenticate", "Bearer"]);
    }
    try {
      if (tag !== undefined) {
        const name = tag(request);
        await cache.invalidateTags([name], { soft });
        return reply(200, { cleared: true, tag: name });
      }
      const namespaces = query.getAll("namespace");
      if (namespaces.length > 1 || namespaces[0] === "") {
        return reply(400, { error: "namespace must be given once and not be empty, or not at all" });
      }
      const namespace = namespaces[0];
      await cache.clear(namespace === undefined ? { soft } : { namespace, soft });
      return reply(200, { cleared: true, namespace: namespace ?? null });
    } catch (error) {
      if (isCachetteError(error, "OPTION_INVALID")) return reply(400, { error: error.message });
      if (isCachetteError(error)) return reply(503, { cleared: false, error: error.code });
      throw error;
    }
  };
}

function reply(status: number, body: object, ...fields: (readonly [string, string])[]): PurgeReply {
  return {
    status,
    fields: [["Content-Type", "application/json; charset=utf-8"], ["Cache-Control", "no-store"], ...fields],
    body: JSON.stringify(body),
  };
}
