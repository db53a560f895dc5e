import type { Cache } from "../cache.ts";
import type { RouteOptions } from "./options.ts";
import type { RequestView } from "./request-view.ts";
import type { Ticket } from "./ticket.ts";

/** The cache of one route. */
export interface HttpCache {
  /**
   * Decides about one request. Answers at once where the backend does. Never throws, never rejects.
   */
  begin(request: RequestView): Ticket | Promise<Ticket>;
}

/**
 * @throws CachetteError `OPTION_INVALID`
 */
export declare function createHttpCache(cache: Cache, options: RouteOptions): HttpCache;
