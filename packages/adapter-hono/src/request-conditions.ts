import { conditionalFields, type HeaderFields } from "@cachette/core/http";

/**
 * The request as the handler is to see it: with the fields that the cache asks by in place of those that speak of what
 * the client has. The very same one if that changes nothing.
 */
export function forHandler(request: Request, ask: HeaderFields): Request {
  if (ask.length === 0 && !conditionalFields.some((name) => request.headers.has(name))) return request;
  return new Request(request, { headers: fieldsForHandler(request, ask) });
}

export function fieldsForHandler(request: Request, ask: HeaderFields): Headers {
  const headers = new Headers(request.headers);
  for (const name of conditionalFields) headers.delete(name);
  for (const [name, value] of ask) headers.set(name, value);
  return headers;
}
