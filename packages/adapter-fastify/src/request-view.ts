import type { RequestView } from "@cachette/core/http";
import type { FastifyRequest } from "fastify";

/** A request as core sees it. The target is the one that the client sent, before `rewriteUrl`. */
export function viewOf(request: FastifyRequest): RequestView {
  return new FastifyRequestView(request);
}

class FastifyRequestView implements RequestView {
  readonly method: string;
  readonly url: string;
  readonly #headers: FastifyRequest["raw"]["headers"];
  readonly #socket: FastifyRequest["socket"];
  readonly #request: FastifyRequest;

  constructor(request: FastifyRequest) {
    this.method = request.method;
    this.url = request.originalUrl;
    // Taken now: while the handler runs, the request shows it other ones.
    this.#headers = request.raw.headers;
    this.#socket = request.socket;
    this.#request = request;
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
