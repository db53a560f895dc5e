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

/**
 * Tests that ask for what a cache must not do, or cannot: version 0.4.5 of the suite is older than RFC 9111. None of them
 * can pass in a cache that follows it. What the present version asks in place of the required ones is in ./restated.ts.
 */
export const outdated: ReadonlyMap<string, string> = new Map(
  Object.entries({
    "RFC 9111 5.1: of several values of Age the first counts, and one that is no whole number is ignored": [
      "age-parse-nonnumeric",
      "age-parse-negative",
      "age-parse-float",
      "age-parse-prefix-twoline",
      "age-parse-dup-0",
      "age-parse-dup-0-twoline",
      "age-parse-dup-old",
    ],
    "wants an answer that the origin counted as its own, after it closed the connection without giving one": [
      "stale-close-must-revalidate",
      "stale-close-proxy-revalidate",
      "stale-close-no-cache",
      "stale-close-s-maxage=2",
    ],
    "RFC 9111 4.3.2: without Last-Modified it is Date that is compared, and it is later than If-Modified-Since": [
      "conditional-lm-fresh-no-lm",
    ],
  }).flatMap(([reason, ids]) => ids.map((id) => [id, reason] as const)),
);
