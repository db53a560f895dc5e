import { bytesOfCopy } from "@cachette/core/adapter";
import type { RequestView } from "@cachette/core/http";
import type { Context } from "hono";
import { getPath } from "hono/utils/url";

/** A request as core sees it. */
export function viewOf(c: Context): RequestView {
  return new HonoRequestView(c);
}

/** Those of @hono/node-server. */
interface Bindings {
  readonly incoming?: {
    readonly url?: string;
    readonly httpVersionMajor?: number;
    readonly stream?: { readonly endAfterHeaders?: boolean };
  };
}

class HonoRequestView implements RequestView {
  readonly method: string;
  readonly url: string;
  readonly scheme: "http" | "https";
  readonly host: string;
  readonly #headers: Headers;
  readonly #request: Context["req"];
  readonly #incoming: Bindings["incoming"];

  constructor({ req, env }: Context) {
    const { method, url, headers } = req.raw;
    this.#request = req;
    const incoming = (env as Bindings | undefined)?.incoming;
    this.#incoming = incoming;
    const authorityAt = url.indexOf("://") + 3;
    const targetAt = url.indexOf("/", authorityAt);
    const host = headers.get("host") ?? url.slice(authorityAt, targetAt);
    this.method = method;
    this.scheme = url.startsWith("https:") ? "https" : "http";
    this.host = host;
    // Two hosts in one request: it is shown as what it came as, a request to a proxy, which has no key.
    const isOne =
      (host.length === targetAt - authorityAt && url.startsWith(host, authorityAt)) ||
      this.#plain(host) === this.#plain(url.slice(authorityAt, targetAt));
    // Nor has one with a body that GET does not have: of unknown length, HTTP/2 tells of it in no field.
    const isBare = method !== "GET" || incoming?.httpVersionMajor === 1 || incoming?.stream?.endAfterHeaders !== false;
    this.url = isOne && isBare ? targetIn(url, targetAt, incoming?.url) : url;
    this.#headers = headers;
  }

  /** What `getPath` has made of the request, and the target as it was before `mount` took its prefix away. */
  get routed(): string | undefined {
    const { url } = this;
    const { path, raw } = this.#request;
    const received = this.#incoming?.url ?? url;
    const isPath = url.startsWith(path) && (url.length === path.length || url[path.length] === "?");
    if (received === url && (isPath || path === getPath(raw))) return undefined;
    return `${path.replaceAll("?", "%3F")} ${received}`;
  }

  names(): Iterable<string> {
    return this.#headers.keys();
  }

  /** The bytes. The handler can still read them: they are read from a copy, or from what Hono has kept of them. */
  async body(): Promise<Uint8Array | undefined> {
    const { raw } = this.#request;
    return raw.bodyUsed ? new Uint8Array(await this.#request.arrayBuffer()) : bytesOfCopy(raw);
  }

  header(name: string): string | undefined {
    return this.#headers.get(name) ?? undefined;
  }

  #plain(host: string): string {
    return host.toLowerCase().replace(this.scheme === "https" ? /:443$/ : /:80$/, "");
  }
}

/** The target from `at` on: the very text that was received if it is the same, as it is compared with that. */
function targetIn(url: string, at: number, received: string | undefined): string {
  return received !== undefined && received.length === url.length - at && url.endsWith(received)
    ? received
    : url.slice(at);
}
