import type { RequestView } from "@cachette/core/http";

/** A request as core sees it. */
export function viewOf(request: Request): RequestView {
  return new HonoRequestView(request);
}

class HonoRequestView implements RequestView {
  readonly method: string;
  readonly url: string;
  readonly scheme: "http" | "https";
  readonly host: string;
  readonly #headers: Headers;

  constructor({ method, url, headers }: Request) {
    const authorityAt = url.indexOf("://") + 3;
    const targetAt = url.indexOf("/", authorityAt);
    const authority = url.slice(authorityAt, targetAt);
    this.method = method;
    this.scheme = url.startsWith("https:") ? "https" : "http";
    this.host = headers.get("host") ?? authority;
    // Two hosts in one request: it is shown as what it came as, a request to a proxy, which has no key.
    this.url = this.#plain(this.host) === this.#plain(authority) ? url.slice(targetAt) : url;
    this.#headers = headers;
  }

  names(): Iterable<string> {
    return this.#headers.keys();
  }

  header(name: string): string | undefined {
    return this.#headers.get(name) ?? undefined;
  }

  #plain(host: string): string {
    return host.toLowerCase().replace(this.scheme === "https" ? /:443$/ : /:80$/, "");
  }
}
