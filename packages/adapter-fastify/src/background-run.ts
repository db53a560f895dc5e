import { IncomingMessage, ServerResponse } from "node:http";
import { Socket } from "node:net";
import type { FastifyRequest } from "fastify";
import { isEncrypted } from "./request-view.ts";

/**
 * A request given to the application once more, without a client: the same method, target, fields and address, on
 * objects as Node makes them. Every hook runs as for any request; the answer goes nowhere. (`inject` would write some
 * targets in another way, and collect the body.)
 */
export class BackgroundRun {
  readonly request: IncomingMessage;
  readonly #response: ServerResponse;
  readonly #app: FastifyRequest["server"];

  constructor({ raw, originalUrl, socket, server }: FastifyRequest) {
    const nobody = new Nobody(socket);
    const { method, headers, rawHeaders, headersDistinct, httpVersion, httpVersionMajor, httpVersionMinor } = raw;
    this.request = Object.assign(new IncomingMessage(nobody), {
      ...{ method, url: originalUrl, httpVersion, httpVersionMajor, httpVersionMinor, complete: true },
      ...{ headers: { ...headers }, headersDistinct: { ...headersDistinct }, rawHeaders: [...rawHeaders] },
    });
    this.request.push(null);
    this.#response = new ServerResponse(this.request);
    this.#response.assignSocket(nobody);
    nobody.on("drain", () => this.#response.emit("drain"));
    this.#response.once("finish", () => {
      this.request.resume();
      nobody.destroy();
    });
    this.#app = server;
  }

  /** Begins after what has to be sent now; `ended` is called when there is an answer, or can be none any more. */
  start(ended: () => void): void {
    this.#response.once("close", ended);
    setImmediate(() => {
      try {
        this.#app.routing(this.request, this.#response);
      } catch {
        this.#response.destroy();
      }
    });
  }
}

/** Takes all that is written, and looks like the connection that the first request came in on. */
class Nobody extends Socket {
  override readonly remoteAddress: string | undefined;
  override readonly remoteFamily: string | undefined;
  override readonly remotePort: number | undefined;
  readonly encrypted: boolean;

  constructor(client: FastifyRequest["socket"]) {
    super();
    this.remoteAddress = client.remoteAddress;
    this.remoteFamily = client.remoteFamily;
    this.remotePort = client.remotePort;
    this.encrypted = isEncrypted(client);
    this.on("error", ignore);
  }

  override _write(_chunk: unknown, _encoding: string, done: () => void): void {
    done();
  }

  override _writev(_chunks: unknown, done: () => void): void {
    done();
  }

  override _read(): void {}
}

/** As a server does with the errors of connections: whoever wrote to them is told in other ways. */
function ignore(): void {}
