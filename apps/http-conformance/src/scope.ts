/**
 * Tests that say nothing about a cache inside an application, each with the reason. They are run and counted, but not
 * among those by which a cache in an application is measured.
 */
export const outOfScope: ReadonlyMap<string, string> = new Map(
  Object.entries({
    "hop-by-hop fields, which are the server's own business": [
      "headers-omit-headers-listed-in-Connection",
      "headers-store-Connection",
      "headers-store-Keep-Alive",
      "headers-store-Proxy-Authenticate",
      "headers-store-Proxy-Authentication-Info",
      "headers-store-Proxy-Authorization",
      "headers-store-Proxy-Connection",
      "headers-store-TE",
      "headers-store-Transfer-Encoding",
      "headers-store-Upgrade",
    ],
    "a Content-Length that is not that of the content": [
      "headers-store-Content-Length",
      "304-etag-update-response-Content-Length",
    ],
    "Warning, which RFC 9111 5.5 made obsolete": ["stale-warning-stored", "stale-warning-become"],
    "how a proxy forwards conditions": ["conditional-etag-forward", "conditional-etag-forward-unquoted"],
    "storing partial answers of the handler": [
      "partial-store-partial-reuse-partial",
      "partial-store-partial-reuse-partial-byterange",
      "partial-store-partial-reuse-partial-absent",
      "partial-store-partial-reuse-partial-suffix",
      "partial-store-partial-complete",
    ],
    "answers that set cookies are refused on purpose": [
      "headers-store-Set-Cookie",
      "headers-store-Set-Cookie2",
      "304-etag-update-response-Set-Cookie",
      "304-etag-update-response-Set-Cookie2",
      "other-set-cookie",
    ],
  }).flatMap(([reason, ids]) => ids.map((id) => [id, reason] as const)),
);
