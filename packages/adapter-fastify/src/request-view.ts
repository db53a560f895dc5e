import type { RequestView } from "@cachette/core/http";
import type { FastifyRequest } from "fastify";

/** A request as core sees it. The target is the one that the client sent, before `rewriteUrl`. */
export function viewOf(request: FastifyRequest): RequestView {
  return new FastifyRequestView(request);
}

/** A request of HTTP/2, on one of many streams. */
type Multiplexed = FastifyRequest["raw"] & { readonly stream?: { readonly endAfterHeaders?: boolean } };

class FastifyRequestView implements RequestView {
  readonly method: string;
  readonly url: string;
  readonly #headers: FastifyRequest["raw"]["headers"];
  readonly #socket: FastifyRequest["socket"];
  readonly #request: FastifyRequest;

  constructor(request: FastifyRequest) {
    const { method, originalUrl, raw, socket } = request;
    this.method = method;
    this.url = originalUrl;
    // Taken now: while the handler runs, the request shows it other ones.
    this.#headers = raw.headers;
    this.#socket = socket;
    this.#request = request;
    if (raw.httpVersionMajor < 2) return;
    const { host, ":authority": authority } = raw.headers;
    // Two hosts in one request: it is shown as what it came as, a request to a proxy, which has no key.
    if (host !== undefined && host !== (authority ?? host)) this.url = `${this.scheme}://${authority}${originalUrl}`;
    // A body of unknown length, which has a field of its own in HTTP/1 only.
    if ((raw as Multiplexed).stream?.endAfterHeaders === false) {
      this.#headers = { ...raw.headers, "transfer-encoding": "chunked" };
    }
  }

  /** What `rewriteUrl` has made of the target. */
  get routed(): string | undefined {
    const { url } = this.#request.raw;
    return url === this.url ? undefined : url;
  }

  get scheme(): "http" | "https" {
    return isEncrypted(this.#socket) ? "https" : "http";
  }

  get host(): string | undefined {
    return this.header("host") ?? this.header(":authority");
  }

  names(): string[] {
    return Object.keys(this.#headers);
  }

  /** What Fastify's parsers have made of it, all of which run before the handler. */
  body(): unknown {
    return this.#request.body;
  }

  header(name: string): string | undefined {
    const value: unknown = this.#headers[name];
    if (typeof value === "string") return value;
    return Array.isArray(value) ? value.join(", ") : undefined;
  }
}

export function isEncrypted(socket: FastifyRequest["socket"]): boolean {
  return "encrypted" in socket && socket.encrypted === true;
}
