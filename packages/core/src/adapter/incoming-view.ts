import type { RequestView } from "../http/index.ts";

/** What a view looks at in a request of Node's `http` or `http2`. */
export interface Incoming {
  readonly method?: string | undefined;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly httpVersionMajor: number;
  readonly socket: object;
  /** Of HTTP/2: one of many on a connection. */
  readonly stream?: { readonly endAfterHeaders?: boolean } | undefined;
}

/**
 * A request of Node's as core sees it. Its fields are those of the moment when it is made: while the handler runs, the
 * request shows it other ones.
 */
export class IncomingView implements RequestView {
  readonly method: string;
  readonly url: string;
  readonly #headers: Incoming["headers"];
  readonly #socket: object;

  /** `target`: the one that the client sent, where a framework has changed `url`. */
  constructor(incoming: Incoming, target: string) {
    const { method = "GET", headers, httpVersionMajor, socket } = incoming;
    this.method = method;
    this.url = target;
    this.#headers = headers;
    this.#socket = socket;
    if (httpVersionMajor < 2) return;
    const { host, ":authority": authority } = headers;
    // Two hosts in one request: it is shown as what it came as, a request to a proxy, which has no key.
    if (host !== undefined && host !== (authority ?? host)) this.url = `${this.scheme}://${authority}${target}`;
    // A body of unknown length, which has a field of its own in HTTP/1 only.
    if (incoming.stream?.endAfterHeaders === false) this.#headers = { ...headers, "transfer-encoding": "chunked" };
  }

  get scheme(): "http" | "https" {
    return "encrypted" in this.#socket && this.#socket.encrypted === true ? "https" : "http";
  }

  get host(): string | undefined {
    return this.header("host") ?? this.header(":authority");
  }

  names(): string[] {
    return Object.keys(this.#headers);
  }

  header(name: string): string | undefined {
    const value = this.#headers[name];
    if (typeof value === "string") return value;
    return Array.isArray(value) ? value.join(", ") : undefined;
  }
}
