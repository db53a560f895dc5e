import { conditionalFields } from "@cachette/core/http";

/** The request without the fields that speak of what the client has; the very same one if it has none of them. */
export function withoutConditions(request: Request): Request {
  if (!conditionalFields.some((name) => request.headers.has(name))) return request;
  const headers = new Headers(request.headers);
  for (const name of conditionalFields) headers.delete(name);
  return new Request(request, { headers });
}
