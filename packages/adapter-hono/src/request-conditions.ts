import { conditionalFields, type HeaderFields, type MissTicket } from "@cachette/core/http";

/**
 * The request as the handler is to see it: with the fields that the cache asks by in place of those that speak of what
 * the client has, and with the ticket's target. The very same one if that changes nothing.
 */
export function forHandler(request: Request, { ask, target }: Pick<MissTicket, "ask" | "target">): Request {
  const same = ask.length === 0 && !conditionalFields.some((name) => request.headers.has(name));
  if (same && target === undefined) return request;
  // Whoever has the request as it came must still be able to read its body.
  const copy = request.method === "GET" || request.method === "HEAD" ? request : request.clone();
  const shown = new Request(copy, { headers: fieldsForHandler(request, ask) });
  return target === undefined ? shown : new Request(withTarget(request.url, target), shown);
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
