import { IncomingView } from "@cachette/core/adapter";
import type { RequestView } from "@cachette/core/http";
import type { FastifyRequest } from "fastify";

/** A request as core sees it. The target is the one that the client sent, before `rewriteUrl`. */
export function viewOf(request: FastifyRequest): RequestView {
  return new FastifyRequestView(request);
}

/** A request of HTTP/2, on one of many streams. */
type Multiplexed = FastifyRequest["raw"] & { readonly stream?: { readonly endAfterHeaders?: boolean } };

class FastifyRequestView extends IncomingView implements RequestView {
  readonly method: string;
  readonly url: string;
  readonly #request: FastifyRequest;

  constructor(request: FastifyRequest) {
    const { method, originalUrl, raw } = request;
    super(raw.httpVersionMajor < 2 ? raw : { headers: multiplexedFields(raw), socket: raw.socket });
    this.method = method;
    this.url = originalUrl;
    this.#request = request;
    if (raw.httpVersionMajor < 2) return;
    const { host, ":authority": authority } = raw.headers;
    // Two hosts in one request: it is shown as what it came as, a request to a proxy, which has no key.
    if (host !== undefined && host !== (authority ?? host)) this.url = `${this.scheme}://${authority}${originalUrl}`;
  }

  /** What `rewriteUrl` has made of the target. */
  get routed(): string | undefined {
    const { url } = this.#request.raw;
    return url === this.url ? undefined : url;
  }

  get host(): string | undefined {
    return this.header("host") ?? this.header(":authority");
  }

  /** What Fastify's parsers have made of it, all of which run before the handler. */
  body(): unknown {
    return this.#request.body;
  }
}

/** A body of unknown length has a field of its own in HTTP/1 only. */
function multiplexedFields({ headers, stream }: Multiplexed): Multiplexed["headers"] {
  return stream?.endAfterHeaders === false ? { ...headers, "transfer-encoding": "chunked" } : headers;
}
