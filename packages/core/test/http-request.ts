import type { RequestView } from "../src/http/request-view.ts";

export interface RequestParts {
  readonly method?: string;
  readonly scheme?: "http" | "https";
  readonly routed?: string;
  /** `null`: without one. */
  readonly host?: string | null;
  /** By lower-case name. */
  readonly headers?: Readonly<Record<string, string>>;
  /** What a parser has made of the body, or a promise of it. */
  readonly body?: unknown;
}

/** A request as an adapter would show it; GET, plain, to `localhost:8000` unless told otherwise. */
export function request(url: string, parts: RequestParts = {}): RequestView {
  const { method = "GET", scheme = "http", host = "localhost:8000", headers = {}, body, routed } = parts;
  return {
    method,
    url,
    routed,
    scheme,
    host: host ?? undefined,
    names: () => Object.keys(headers),
    body: () => body,
    header: (name) => (Object.hasOwn(headers, name) ? headers[name] : undefined),
  };
}
