import { invalidOption } from "../errors.ts";
import type { Refusal } from "./cache-status.ts";
import { parseCookies } from "./cookies.ts";
import { isFieldName } from "./fields.ts";
import { plainHost } from "./http-key.ts";
import type { Inputs } from "./inputs.ts";
import { isRead } from "./request-body.ts";
import { methodOverrides } from "./request-policy.ts";
import type { RequestView } from "./request-view.ts";
import { conditionalFields } from "./ticket.ts";
import { anythingElse } from "./vary.ts";

/** What a route says about inputs that are not in its key. */
export interface InputOptions {
  readonly unkeyed: readonly string[];
  readonly identity: readonly string[];
  /** Whether scheme and host are in the key. */
  readonly host: boolean;
  /** `undefined`: no request with cookies comes so far. */
  readonly cookies: "ignore" | readonly string[] | undefined;
}

/** What is asked about the inputs of one answer. */
export interface InputsAsked {
  /** Names of request fields in the key, in lower case. */
  readonly keyed: ReadonlySet<string>;
  /** The handler itself has granted that a shared cache keeps its answer: then its `Vary` is complete but for routing. */
  readonly granted: boolean;
  /** Who the request is from is in the key. */
  readonly personal: boolean;
}

/** `vary`: further request fields that the answer varies by, in lower case; or why it cannot be stored. */
export type InputJudgement =
  | { readonly store: true; readonly vary: readonly string[] }
  | ({ readonly store: false; readonly input: string; readonly remedy: string } & Refusal);

/**
 * Names that mean a person, or whom a person belongs to, unless the application says otherwise; among them those by
 * which well-known middleware attaches one. `secureHeadersNonce` is Hono's for what is good for one answer.
 */
export const defaultIdentity: readonly string[] = [
  "account",
  "auth",
  "authInfo",
  "authUser",
  "claims",
  "clerkAuth",
  "cookies",
  "currentUser",
  "identity",
  "jwt",
  "jwtPayload",
  "kauth",
  "oidc",
  "oidcAuth",
  "passport",
  "principal",
  "secureHeadersNonce",
  "session",
  "sessionID",
  "sessionId",
  "signedCookies",
  "tenant",
  "tenantId",
  "token",
  "user",
  "userId",
];

/** What is no more of the same person at the next request. */
const ofTheMoment: ReadonlySet<string> = new Set(["host", "ip", "secureHeadersNonce"]);

/** By what else than its target a request may be told where to go: the way in for poisoned answers. */
const routing =
  /^(?:forwarded|x-forwarded(?:-.+)?|x-original-.+|x-rewrite-url|x-host|x-real-ip|front-end-https|true-client-ip)$/;

/** Fields by which a client says which of several forms it would like (RFC 9110 12.5; client hints, RFC 8942; a custom of compression). */
const negotiation =
  /^(?:accept|accept-(?:charset|datetime|encoding|language)|prefer|save-data|sec-ch-.+|dpr|width|viewport-width|device-memory|x-no-compression)$/;

/** What describes a body is in the key where the body is. */
const ofTheBody: ReadonlySet<string> = new Set(["content-type", "content-encoding"]);

/** What handlers that read all fields at once are taken to look at. */
const usuallyNegotiated = ["accept", "accept-charset", "accept-encoding", "accept-language"] as const;

/** Fields that a handler reads without seeing anything of the client's: the cache has put its own in their place. */
const hidden: ReadonlySet<string> = new Set(conditionalFields);

/** Of the connection, which is no part of a request; in every key; or in no request that comes so far. */
const meaningless: ReadonlySet<string> = new Set([
  "connection",
  "keep-alive",
  ":method",
  ":path",
  ":scheme",
  "content-length",
  "transfer-encoding",
  ...methodOverrides,
]);

/** What names the host, which is in the key in lower case and without its default port. */
const hostFields: ReadonlySet<string> = new Set(["host", ":authority"]);

/** Judges what a handler has read, by what the key holds. Made once for a route. */
export class InputPolicy {
  readonly identity: readonly string[];
  readonly #unkeyed: ReadonlySet<string>;
  readonly #host: boolean;
  readonly #cookies: "ignore" | ReadonlySet<string> | undefined;

  constructor({ unkeyed, identity, host, cookies }: InputOptions) {
    this.#unkeyed = new Set(unkeyed.flatMap((name) => [name, name.toLowerCase()]));
    this.identity = identity.filter((name) => !this.#unkeyed.has(name));
    this.#host = host;
    this.#cookies = typeof cookies === "object" ? new Set(cookies) : cookies;
  }

  judge(read: Inputs, request: RequestView, asked: InputsAsked): InputJudgement {
    for (const name of read.others) {
      if (this.#unkeyed.has(name) || (asked.personal && !ofTheMoment.has(name))) continue;
      return refuse(name, ofTheMoment.has(name) ? "a key builder" : "private: { by }");
    }
    for (const name of read.cookies) {
      if (!this.#isFreeCookie(name, asked)) return refuseCookie(name);
    }
    const vary: string[] = [];
    for (const name of read.names) {
      const judged = this.#field(name, request, asked);
      if (judged === "vary") vary.push(name);
      else if (judged !== undefined) return judged;
    }
    if (!read.all) return { store: true, vary };
    return asked.granted ? this.#routed(request, asked, vary) : this.#all(request, asked, vary);
  }

  /**
   * Names of fields in a request that neither the key nor `unkeyed` knows of, in order. An answer made from all fields is
   * only for requests without any.
   */
  unknown(request: RequestView, keyed: ReadonlySet<string>): string[] {
    const asked = { keyed, granted: false, personal: false };
    const isKnown = (name: string) =>
      this.#isKnown(name, request, keyed) || (name === "cookie" && this.#isFreeCookieField(request, asked));
    return [...request.names()].filter((name) => !isKnown(name)).sort();
  }

  /** `"vary"`: the answer varies by it; `undefined`: there is nothing to do. */
  #field(name: string, request: RequestView, asked: InputsAsked): "vary" | InputJudgement | undefined {
    const { keyed, granted, personal } = asked;
    if (this.#isKnown(name, request, keyed)) return undefined;
    // In another spelling than the key's: of `shop:80` links may be made that nobody else should get.
    if (this.#host && name === "host" && request.header(name) === request.host) return "vary";
    if (ofTheBody.has(name) && !isRead(request)) return undefined;
    if (name === "cookie") return this.#isFreeCookieField(request, asked) ? undefined : refuseCookie("cookie");
    if (name === "authorization") {
      return personal || request.header(name) === undefined ? undefined : refuse(name, "private: { by }");
    }
    if (negotiation.test(name)) return granted ? undefined : "vary";
    // That it was absent harms nobody: with it, the answer would not have been stored.
    if (granted && !(this.#isRouting(name) && request.header(name) !== undefined)) return undefined;
    return hostFields.has(name) ? refuse(name, this.#host ? "its plain form" : "host: true") : refuseField(name);
  }

  /** All fields were read, by a handler whose `Vary` counts. */
  #routed(request: RequestView, asked: InputsAsked, vary: readonly string[]): InputJudgement {
    const names = new Set(vary);
    for (const name of request.names()) {
      const judged = this.#isRouting(name) ? this.#field(name, request, asked) : undefined;
      if (typeof judged === "object") return judged;
      if (judged === "vary") names.add(name);
    }
    return { store: true, vary: [...names] };
  }

  /** All fields were read: nothing may be among them that is not keyed. Nor in the requests of hits. */
  #all(request: RequestView, asked: InputsAsked, vary: readonly string[]): InputJudgement {
    const names = new Set([...vary, ...usuallyNegotiated.filter((name) => !this.#isKnown(name, request, asked.keyed))]);
    for (const name of this.unknown(request, asked.keyed)) {
      const judged = this.#field(name, request, asked);
      if (typeof judged === "object") return judged;
      if (judged === "vary") names.add(name);
    }
    return { store: true, vary: [...names, anythingElse] };
  }

  /** Where the host is in the key, other spellings of it must not get into what all of them share. */
  #isRouting(name: string): boolean {
    return routing.test(name) || (this.#host && hostFields.has(name));
  }

  #isKnown(name: string, request: RequestView, keyed: ReadonlySet<string>): boolean {
    if (this.#unkeyed.has(name) || hidden.has(name) || meaningless.has(name)) return true;
    // A list of cookies puts those in the key, not the whole field.
    if (name === "cookie" && typeof this.#cookies === "object") return false;
    return keyed.has(name) || (this.#host && hostFields.has(name) && hasPlainHost(request));
  }

  #isFreeCookie(name: string, { personal }: InputsAsked): boolean {
    if (personal || this.#cookies === undefined || this.#unkeyed.has("cookie")) return true;
    return this.#cookies !== "ignore" && this.#cookies.has(name);
  }

  /** Whether the whole field may be read: whoever takes it apart may look at any of the cookies. */
  #isFreeCookieField(request: RequestView, asked: InputsAsked): boolean {
    if (asked.personal || this.#cookies === undefined) return true;
    if (this.#cookies === "ignore") return false;
    for (const name of parseCookies(request.header("cookie")).keys()) {
      if (!this.#isFreeCookie(name, asked)) return false;
    }
    return true;
  }
}

/** Whether a request names its host just as the key does. */
function hasPlainHost({ scheme, host }: RequestView): boolean {
  return host === undefined || host === plainHost(scheme, host);
}

/** @throws CachetteError `OPTION_INVALID` */
export function inputNames(option: string, value: readonly string[]): readonly string[] {
  if (Array.isArray(value) && value.every(isFieldName)) return [...new Set(value)];
  throw invalidOption(option, "a list of names", value);
}

/** Names may come from a client; they are cut, not to make an answer's fields too long. */
const longestName = 40;

function refuse(input: string, remedy: string): InputJudgement {
  const name = input.slice(0, longestName);
  const ways = `${remedy} or unkeyed: ["${name}"]`;
  return { store: false, reason: "unkeyed-input", detail: `${name}; ${ways}`, input: name, remedy: ways };
}

function refuseField(name: string): InputJudgement {
  return refuse(name, `vary: ["${name.slice(0, longestName)}"]`);
}

function refuseCookie(name: string): InputJudgement {
  return refuse(name === "cookie" ? name : `cookie ${name}`, "cookies: [...]");
}
