import type { RequestView } from "./request-view.ts";

/** A request with another target in place of the received one, and no content. A class for the reason that `Visit` is one. */
export class RetargetedView implements RequestView {
  readonly method: string;
  readonly url: string;
  readonly routed: string | undefined;
  readonly scheme: RequestView["scheme"];
  readonly host: string | undefined;
  readonly #request: RequestView;

  constructor(request: RequestView, url: string) {
    const { method, routed, scheme, host } = request;
    this.method = method;
    this.url = url;
    this.routed = routed;
    this.scheme = scheme;
    this.host = host;
    this.#request = request;
  }

  header(name: string): string | undefined {
    return this.#request.header(name);
  }

  names(): Iterable<string> {
    return this.#request.names();
  }
}
