import type { RequestView } from "./request-view.ts";
import type { Inputs } from "./watch.ts";

/** What the inputs of an answer mean for storing it. */
export type InputJudgement =
  | { readonly store: true; readonly vary: readonly string[] }
  /** `input`: the name of what stands in the way, as the remedy takes it. */
  | { readonly store: false; readonly input: string; readonly remedy: string };

export interface InputPolicy {
  /** Names of request fields that do not change the answer, in lower case. */
  readonly unkeyed: ReadonlySet<string>;
  /** Whether scheme and host are in the key. */
  readonly host: boolean;
  /** How cookies are treated: such requests bypass, some are in the key, or none matters. */
  readonly cookies: "refuse" | "keyed" | "ignore";
}

/** Fields by which client and server agree on a form of the same content (RFC 9110 12.5): they join the key. */
const negotiation = new Set([
  "accept",
  "accept-charset",
  "accept-encoding",
  "accept-language",
  "device-memory",
  "downlink",
  "dpr",
  "ect",
  "rtt",
  "save-data",
  "viewport-width",
  "width",
]);

/** Fields by which intermediaries say where a request was meant to go; whoever can send them can choose. */
const routing = new Set([
  "forwarded",
  "via",
  "x-forwarded",
  "x-forwarded-for",
  "x-forwarded-host",
  "x-forwarded-port",
  "x-forwarded-prefix",
  "x-forwarded-proto",
  "x-forwarded-scheme",
  "x-forwarded-server",
  "x-forwarded-ssl",
  "x-host",
  "x-http-destinationurl",
  "x-original-host",
  "x-original-url",
  "x-real-ip",
  "x-rewrite-url",
]);

/**
 * Fields that cannot tell two requests for one entry apart: those with them bypass the cache, they are hidden while it
 * is filled, or they speak of the connection only.
 */
const harmless = new Set([
  "authorization",
  "cache-control",
  "connection",
  "content-length",
  "expect",
  "if-match",
  "if-modified-since",
  "if-none-match",
  "if-range",
  "if-unmodified-since",
  "keep-alive",
  "max-forwards",
  "pragma",
  "proxy-connection",
  "range",
  "te",
  "trailer",
  "transfer-encoding",
  "upgrade",
  "x-http-method",
  "x-http-method-override",
  "x-method-override",
]);

/** Client hints and the like are negotiation too. */
function isNegotiation(name: string): boolean {
  return negotiation.has(name) || name.startsWith("sec-ch-");
}

export function isRouting(name: string): boolean {
  return routing.has(name);
}

/**
 * Judges what a handler has read.
 *
 * Where the route decides about caching, every input must be in the key. Where the handler itself says how long its
 * answer is fresh for all, its `Vary` counts for negotiation, and only what authors of `Vary` forget is looked at:
 * persons and routing fields.
 *
 * @param explicit whether the answer gives freshness of its own
 * @param present the names of the request's fields, in lower case, for a handler that has read them all
 */
export function judgeInputs(
  inputs: Inputs,
  keyed: ReadonlySet<string>,
  policy: InputPolicy,
  explicit: boolean,
  present: () => Iterable<string>,
): InputJudgement {
  for (const name of inputs.others) {
    return { store: false, input: name, remedy: "name who may share the answer with `private: { by }`, or do not cache the route" };
  }
  const vary: string[] = [];
  const read = inputs.all ? new Set([...inputs.fields, ...present()]) : inputs.fields;
  for (const name of read) {
    if (keyed.has(name) || policy.unkeyed.has(name) || isHarmless(name, policy)) continue;
    if (explicit && !isRouting(name)) continue;
    if (!isNegotiation(name)) {
      return { store: false, input: name, remedy: `\`vary: ["${name}"]\`, or \`unkeyed: ["${name}"]\` if it does not change the answer` };
    }
    vary.push(name);
  }
  return { store: true, vary: vary.sort() };
}

function isHarmless(name: string, policy: InputPolicy): boolean {
  if (name === "host") return policy.host;
  if (name === "cookie") return policy.cookies !== "ignore";
  return harmless.has(name);
}

export type PresentFields = Pick<RequestView, "header">;
