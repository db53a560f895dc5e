import { canonical } from "../canonical.ts";
import { buildTail, type KeyBuilder } from "../key-builder.ts";
import { parseCookies } from "./cookies.ts";
import type { RequestView } from "./request-view.ts";

/** What makes the key of a route's requests. */
export interface HttpKeyOptions {
  readonly host: boolean;
  /** Field names, in lower case. */
  readonly vary: readonly string[];
  /** Cookie names. */
  readonly cookies: readonly string[];
  readonly key: KeyBuilder<RequestView> | undefined;
}

/** The tail of a key, and the request fields that are in it. A class, as each request has one (see `Visit`). */
export class HttpKey {
  readonly tail: string;
  /** In lower case. */
  readonly keyed: ReadonlySet<string>;

  constructor(tail: string, keyed: ReadonlySet<string>) {
    this.tail = tail;
    this.keyed = keyed;
  }
}

/** What keys begin with, and what that was made of. */
interface KeyHead {
  readonly verb: string;
  readonly scheme: string;
  readonly host: string | undefined;
  readonly head: string;
}

/**
 * Makes keys such as `GET:http://localhost:8000/slow?q=42 accept-language="de"`. A target holds no blank, so whatever
 * follows it cannot be taken for a part of it. HEAD has the key of GET, whose answer it gets.
 */
export class HttpKeys {
  readonly #options: HttpKeyOptions;
  readonly #keyed: ReadonlySet<string>;
  readonly #plain: boolean;
  /** What the last key began with: as a rule the next begins alike. */
  #last: KeyHead = { verb: "", scheme: "", host: undefined, head: "" };

  constructor(options: HttpKeyOptions) {
    this.#options = options;
    this.#keyed = new Set(options.cookies.length > 0 ? [...options.vary, "cookie"] : options.vary);
    this.#plain = this.#keyed.size === 0;
  }

  /**
   * @param marks what joins the key whatever a key builder makes of it
   * @throws what a key builder throws, and CachetteError `KEY_INVALID`
   */
  of(request: RequestView, marks: string = ""): HttpKey | Promise<HttpKey> {
    const { key: build } = this.#options;
    if (build === undefined) return new HttpKey(this.#default(request) + marks, this.#keyed);
    const keyed = new Set(this.#keyed);
    const tail = buildTail(build, watched(request, keyed), () => this.#default(request));
    return typeof tail === "string"
      ? new HttpKey(tail + marks, keyed)
      : tail.then((settled) => new HttpKey(settled + marks, keyed));
  }

  /** Whether there may be several keys for one target. */
  get several(): boolean {
    return !this.#plain || this.#options.key !== undefined;
  }

  /** The tail of the key of a plain GET of what is at a target, whatever else other requests have in theirs. */
  target({ scheme, host, url }: Pick<RequestView, "scheme" | "host" | "url">): string {
    return this.#head("GET", scheme, host) + url;
  }

  #default(request: RequestView): string {
    const { method, scheme, host, url } = request;
    const target = this.#head(method === "HEAD" ? "GET" : method, scheme, host) + url;
    return this.#plain ? target : this.#extend(target, request);
  }

  #head(verb: string, scheme: string, host: string | undefined): string {
    const last = this.#last;
    if (verb === last.verb && scheme === last.scheme && host === last.host) return last.head;
    const head = `${verb}:${this.#options.host ? origin(scheme, host) : ""}`;
    this.#last = { verb, scheme, host, head };
    return head;
  }

  #extend(target: string, request: RequestView): string {
    let tail = target;
    for (const name of this.#options.vary) tail += ` ${name}=${canonical(request.header(name))}`;
    if (this.#options.cookies.length > 0) {
      const cookies = parseCookies(request.header("cookie"));
      for (const name of this.#options.cookies) {
        const values = cookies.get(name);
        tail += ` cookie.${name}=${values?.map((value) => canonical(value)).join() ?? "undefined"}`;
      }
    }
    return tail;
  }
}

/** A request without a host is not one with an empty host; no host is called `?`. */
function origin(scheme: string, name: string = "?"): string {
  return `${scheme}://${plainHost(scheme, name)}`;
}

/** A host in lower case, without the port that the scheme implies (RFC 9110 4.2.3). */
export function plainHost(scheme: string, name: string): string {
  const host = name.toLowerCase();
  const port = scheme === "https" ? ":443" : ":80";
  return host.endsWith(port) ? host.slice(0, -port.length) : host;
}

/** The request as a key builder gets it. What the builder reads is part of the key, so `Vary` may name it. */
function watched(request: RequestView, keyed: Set<string>): RequestView {
  return {
    method: request.method,
    url: request.url,
    routed: request.routed,
    scheme: request.scheme,
    host: request.host,
    names: () => request.names(),
    header(name) {
      const key = name.toLowerCase();
      if (key !== "*") keyed.add(key);
      return request.header(key);
    },
  };
}
