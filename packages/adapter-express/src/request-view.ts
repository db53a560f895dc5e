import type { IncomingMessage, ServerResponse } from "node:http";
import { IncomingView } from "@cachette/core/adapter";
import type { RequestView } from "@cachette/core/http";
import type { Request } from "express";

/** What the adapter looks at in a request. Nothing of it depends on the route. */
export interface Incoming
  extends Pick<
    Request,
    | "baseUrl"
    | "body"
    | "headers"
    | "headersDistinct"
    | "httpVersion"
    | "httpVersionMajor"
    | "httpVersionMinor"
    | "method"
    | "originalUrl"
    | "rawHeaders"
    | "readableEnded"
    | "socket"
    | "url"
  > {
  /** Not there if a router runs without an application. */
  readonly app?: RunningApp;
}

/** An application as Express has it at run time. */
export interface RunningApp {
  (request: IncomingMessage, response: ServerResponse, next: (error?: unknown) => void): unknown;
  /** A setting. */
  get?(name: string): unknown;
  /** The one that it is mounted on. */
  readonly parent?: RunningApp;
}

/** A request as core sees it. The target is the one that the client sent, wherever the router is mounted. */
export function viewOf(request: Incoming): RequestView {
  return new ExpressRequestView(request);
}

class ExpressRequestView extends IncomingView {
  readonly #request: Incoming;

  constructor(request: Incoming) {
    super(request, request.originalUrl);
    this.#request = request;
  }

  /** Routers begin what is left of a target with a slash, also where that is a query alone. */
  get routed(): string | undefined {
    const { baseUrl, url } = this.#request;
    if (url === this.url || baseUrl + url === this.url || baseUrl + url.slice(1) === this.url) return undefined;
    return baseUrl + url;
  }

  /** What a parser has made of it. One that had nothing to do with it may leave an empty object, and the stream unread. */
  body(): unknown {
    const { body, readableEnded } = this.#request;
    return readableEnded ? body : undefined;
  }
}
