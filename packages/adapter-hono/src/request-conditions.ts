import { conditionalFields, type HeaderFields, type MissTicket } from "@cachette/core/http";

/**
 * The request as the handler is to see it: with the fields that the cache asks by in place of those that speak of what
 * the client has, and with the ticket's target. The very same one if that changes nothing.
 */
export function forHandler(request: Request, { ask, target }: Pick<MissTicket, "ask" | "target">): Request {
  const same = ask.length === 0 && !conditionalFields.some((name) => request.headers.has(name));
  if (same && target === undefined) return request;
  return copyOf(
    request,
    { headers: fieldsForHandler(request, ask) },
    target === undefined ? undefined : withTarget(request.url, target),
  );
}

/**
 * The same request with something else in it. Whoever has the one as it came can still read its body; a copy of one whose
 * body was read already has none: `c.req` has kept it.
 */
export function copyOf(request: Request, init: RequestInit, url: string = request.url): Request {
  if (request.bodyUsed) {
    // `cf`: what Cloudflare has found out.
    const { method, signal, cf } = request as Request & { readonly cf?: unknown };
    return new Request(url, { method, signal, cf, ...init } as RequestInit);
  }
  // Requests of @hono/node-server are none of the platform's own, which makes no others of them; their clones are.
  const clone = request.clone();
  return new Request(url === request.url ? clone : new Request(url, clone), init);
}

function withTarget(url: string, target: string): string {
  return url.slice(0, url.indexOf("/", url.indexOf("://") + 3)) + target;
}

export function fieldsForHandler(request: Request, ask: HeaderFields): Headers {
  const headers = new Headers(request.headers);
  for (const name of conditionalFields) headers.delete(name);
  for (const [name, value] of ask) headers.set(name, value);
  return headers;
}
