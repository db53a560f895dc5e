import { Agent, type IncomingMessage, request } from "node:http";

export interface Ask {
  /** `GET` by default. */
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** None by default. */
  readonly body?: string;
}

/** An answer as it came over the wire. */
export class Received {
  readonly status: number;
  /** One pair for each line, as written. */
  readonly lines: readonly (readonly [name: string, value: string])[];
  readonly body: Uint8Array;
  /** Whether the connection had served a request before. */
  readonly reused: boolean;
  /** Milliseconds from the request to the end of the answer. */
  readonly took: number;

  constructor(head: IncomingMessage, body: Uint8Array, reused: boolean, took: number) {
    this.status = head.statusCode ?? 0;
    this.lines = pairs(head.rawHeaders);
    this.body = body;
    this.reused = reused;
    this.took = took;
  }

  get text(): string {
    return new TextDecoder().decode(this.body);
  }

  /** The values of a field, one for each line. `name` in lower case. */
  values(name: string): string[] {
    return this.lines.filter(([field]) => field.toLowerCase() === name).map(([, value]) => value);
  }

  /** The value of a field, several lines joined; `undefined` without any. */
  field(name: string): string | undefined {
    const values = this.values(name);
    return values.length === 0 ? undefined : values.join(", ");
  }
}

/** How long an answer may let wait for itself, on a machine that has a lot to do. */
const patience = 8000;

/** Asks one server, on connections that are kept. */
export class Client {
  readonly #port: number;
  readonly #agent = new Agent({ keepAlive: true });

  constructor(port: number) {
    this.#port = port;
  }

  async ask(path: string, ask: Ask = {}): Promise<Received> {
    const began = performance.now();
    const exchange = this.open(path, ask);
    const head = await exchange.head;
    const pieces: Uint8Array[] = [];
    for (let piece = await exchange.read(); piece !== undefined; piece = await exchange.read()) pieces.push(piece);
    return new Received(head, Buffer.concat(pieces), exchange.reused, performance.now() - began);
  }

  /** Asks, and leaves it to the caller when to read, and when to go. */
  open(path: string, ask: Ask = {}): Exchange {
    return new Exchange(this.#agent, this.#port, path, ask);
  }

  close(): void {
    this.#agent.destroy();
  }
}

/** A request and its answer, step by step. */
export class Exchange {
  readonly head: Promise<IncomingMessage>;
  readonly #request: ReturnType<typeof request>;
  #pieces: AsyncIterator<Uint8Array> | undefined;

  constructor(agent: Agent, port: number, path: string, { method = "GET", headers = {}, body }: Ask) {
    this.#request = request({ agent, host: "127.0.0.1", port, path, method, headers });
    this.head = within(
      patience,
      `answer to ${method} ${path}`,
      new Promise((resolve, reject) => {
        this.#request.once("response", (response) => {
          // Who reads learns of it there.
          response.on("error", () => {});
          resolve(response);
        });
        this.#request.on("error", reject);
      }),
    );
    // Whether that matters is said by whoever waits for it.
    this.head.catch(() => {});
    this.#request.end(body);
  }

  get reused(): boolean {
    return this.#request.reusedSocket;
  }

  /** The next piece of the body, `undefined` at its end. Rejects when the connection is cut before. */
  async read(): Promise<Uint8Array | undefined> {
    this.#pieces ??= (await this.head)[Symbol.asyncIterator]();
    const { done, value } = await within(patience, "further piece of a body", this.#pieces.next());
    return done ? undefined : value;
  }

  /** Goes away without a word. */
  vanish(): void {
    this.#request.destroy();
  }
}

/** Rejects when `outcome` takes longer than so many milliseconds. */
export function within<T>(milliseconds: number, what: string, outcome: Promise<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error(`No ${what} within ${milliseconds} ms`)), milliseconds);
    outcome.then(resolve, reject).finally(() => clearTimeout(timer));
  });
}

function pairs(raw: readonly string[]): (readonly [string, string])[] {
  return raw.flatMap((name, index) => (index % 2 === 0 ? [[name, raw[index + 1] ?? ""] as const] : []));
}
