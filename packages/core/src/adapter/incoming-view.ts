/** What a view looks at in a request of Node's `http`. */
export interface Incoming {
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly socket: object;
}

/**
 * What all views of requests of Node's `http` have in common. The fields are those of the moment when it is made: while
 * the handler runs, the request shows it other ones.
 */
export class IncomingView {
  readonly #headers: Incoming["headers"];
  readonly #socket: object;

  constructor({ headers, socket }: Incoming) {
    this.#headers = headers;
    this.#socket = socket;
  }

  get scheme(): "http" | "https" {
    return "encrypted" in this.#socket && this.#socket.encrypted === true ? "https" : "http";
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
