import type { TestCase } from "./suite.ts";

/**
 * What the present version of the suite asks where the one that is used asks for something else: version 0.4.5, the last
 * on npm, is older than RFC 9111. Each is the test of the same name in ./scope.ts, or one that came since, restated by
 * the rule behind it. They are run by the suite's own runner, beside the suite and not in its place.
 */
export const restated: readonly TestCase[] = [
  // RFC 9111 5.1: what is no whole number is ignored.
  aged("nonnumeric", ["abc"], true),
  aged("negative", ["-7200"], true),
  aged("float", ["7200.0"], true),
  // RFC 9111 5.1: of several values the first counts, in one line or in two.
  aged("prefix-twoline", ["0", "7200"], true),
  aged("dup-0", ["0, 0"], true),
  aged("dup-0-twoline", ["0", "0"], true),
  aged("dup-old", ["1800", "1800"], true),
  // RFC 9111 1.2.2: a number that is too large for a cache is one that is very large.
  aged("large-minus-one", ["2147483647"], false),
  aged("large", ["2147483648"], false),
  aged("larger", ["2147483649"], false),
  // RFC 9111 4.2.4: the origin is gone, and what is stored forbids to be served stale: there is no answer.
  forbidden("must-revalidate"),
  forbidden("proxy-revalidate"),
  forbidden("no-cache"),
  forbidden("s-maxage=2"),
  // RFC 5861 3: within the window it is served, after it no more.
  {
    id: "present:stale-while-revalidate",
    name: "serves a stale answer within its stale-while-revalidate",
    kind: "optimal",
    depends_on: ["freshness-max-age"],
    requests: [
      { response_headers: [["Cache-Control", "max-age=1, stale-while-revalidate=60"]], setup: true, pause_after: true },
      { expected_type: "cached" },
    ],
  },
  {
    id: "present:stale-while-revalidate-window",
    name: "serves no stale answer after its stale-while-revalidate",
    depends_on: ["present:stale-while-revalidate"],
    requests: [
      { response_headers: [["Cache-Control", "max-age=1, stale-while-revalidate=1"]], setup: true, pause_after: true },
      { expected_type: "not_cached" },
    ],
  },
  // RFC 9111 5.2.2.3
  {
    id: "present:status-200-must-understand",
    name: "keeps an answer whose status it understands, although there is a no-store for caches that do not",
    kind: "optimal",
    depends_on: ["freshness-max-age"],
    requests: [
      { response_headers: [["Cache-Control", "no-store, must-understand, max-age=60"]], setup: true },
      { expected_type: "cached" },
    ],
  },
  {
    id: "present:status-599-must-understand",
    name: "does not keep an answer whose status it does not understand, where it must",
    depends_on: ["status-599-fresh"],
    requests: [
      {
        response_status: [599, "Whatever"],
        response_headers: [["Cache-Control", "no-store, must-understand, max-age=60"]],
        setup: true,
      },
      { response_status: [599, "Whatever"], expected_type: "not_cached" },
    ],
  },
];

/** An answer that is fresh for an hour, of an age that `lines` tell. */
function aged(id: string, lines: readonly string[], reused: boolean): TestCase {
  return {
    id: `present:age-parse-${id}`,
    name: `${reused ? "reuses" : "does not reuse"} an answer with Age: ${lines.join(" and Age: ")}`,
    depends_on: ["freshness-max-age-age"],
    requests: [
      {
        response_headers: [
          ["Date", 0],
          ["Cache-Control", "max-age=3600"],
          ...lines.map((line) => ["Age", line, false]),
        ],
        setup: true,
        pause_after: true,
      },
      { expected_type: reused ? "cached" : "not_cached" },
    ],
  };
}

/** An answer that must not be served stale, when the origin closes the connection without another. */
function forbidden(directive: string): TestCase {
  return {
    id: `present:stale-close-${directive}`,
    name: `serves no stale answer that says ${directive} in place of none`,
    depends_on: ["stale-close"],
    requests: [
      { response_headers: [["Cache-Control", `max-age=2, ${directive}`]], setup: true, pause_after: true },
      // What the handler says when its origin says nothing; each answer of the origin, stored or not, bears its count.
      {
        disconnect: true,
        expected_status: 502,
        check_body: false,
        expected_response_headers_missing: ["server-request-count"],
      },
    ],
  };
}
