import { pathOf, queryOf } from "@cachette/core/adapter";
import type { Incoming } from "./request-view.ts";

/**
 * Shows a target with another query in place of the received one: `originalUrl`, `url` as far as the routers have come,
 * and `query`, which Express makes of `url`. Gives the way back.
 */
export function showTarget(request: Incoming, target: string): () => void {
  const { originalUrl, url } = request;
  const [received, shown] = [queryOf(url), queryOf(target)];
  // One of its own, made by whoever parsed the received target, would go before what Express makes of the shown one.
  const query = Object.getOwnPropertyDescriptor(request, "query");
  if (query?.configurable === true) Reflect.deleteProperty(request, "query");
  request.originalUrl = target;
  request.url = pathOf(url) + shown;
  return () => {
    request.originalUrl = originalUrl;
    // Routers that are left have put their path before it.
    if (queryOf(request.url) === shown) request.url = pathOf(request.url) + received;
    if (query?.configurable === true) Object.defineProperty(request, "query", query);
  };
}
