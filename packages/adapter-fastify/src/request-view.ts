import { IncomingView } from "@cachette/core/adapter";
import type { RequestView } from "@cachette/core/http";
import type { FastifyRequest } from "fastify";

/** A request as core sees it. The target is the one that the client sent, before `rewriteUrl`. */
export function viewOf(request: FastifyRequest): RequestView {
  return new FastifyRequestView(request);
}

class FastifyRequestView extends IncomingView {
  readonly #request: FastifyRequest;

  constructor(request: FastifyRequest) {
    super(request.raw, request.originalUrl);
    this.#request = request;
  }

  /** What `rewriteUrl` has made of the target. */
  get routed(): string | undefined {
    const { originalUrl, raw } = this.#request;
    return raw.url === originalUrl ? undefined : raw.url;
  }

  /** What Fastify's parsers have made of it, all of which run before the handler. */
  body(): unknown {
    return this.#request.body;
  }
}
