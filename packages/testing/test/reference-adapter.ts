import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import {
  type BypassTicket,
  conditionalFields,
  createHttpCache,
  createPurge,
  type HeaderFields,
  type HttpCache,
  type MissTicket,
  type PurgeReply,
  type Reply,
  type RequestView,
  type ResponseHead,
  type StaleTicket,
  type Ticket,
} from "@cachette/core/http";
import type {
  AdapterAnswer,
  AdapterApp,
  AdapterHarness,
  AdapterRequest,
  AdapterRoute,
  AdapterServer,
} from "../src/adapter/harness.ts";
import { SyncBackend } from "./sync-backend.ts";

/** A request on its way through the server. */
export interface Exchange {
  readonly incoming: IncomingMessage;
  readonly response: ServerResponse;
  /** The bytes that came with the request. */
  readonly body: Uint8Array;
}

/** How a handler is shown a request. */
export type Shown = Partial<Pick<MissTicket, "target" | "watch">> & { readonly hidden?: readonly string[] };

export type Handler = AdapterRoute["handler"];

/** A right adapter for a server without a framework. Wrong ones are made from it, one fault each. */
export class ReferenceAdapter {
  readonly app: AdapterApp;
  readonly #routes: ReadonlyMap<
    string,
    { readonly route: AdapterRoute; readonly http: HttpCache; readonly around: HttpCache | undefined }
  >;
  readonly #purge: (request: AdapterRequest, query: URLSearchParams) => Promise<PurgeReply>;

  constructor(app: AdapterApp) {
    this.app = app;
    this.#routes = new Map(
      app.routes.map((route) => {
        const around = route.around && createHttpCache(app.cache, route.around);
        return [route.path, { route, http: createHttpCache(app.cache, route.options), around }];
      }),
    );
    this.#purge = createPurge<AdapterRequest>(app.cache, { authorize: app.purge?.authorize ?? (() => false) });
  }

  async serve(exchange: Exchange): Promise<void> {
    const { method = "GET", url = "/" } = exchange.incoming;
    if (!this.before(exchange)) return;
    const path = url.split("?", 1)[0] ?? "";
    if (path === this.app.purge?.path && method === "DELETE") return this.purge(exchange);
    const { route, http, around } = this.#routes.get(path) ?? {};
    if (route === undefined || http === undefined || !accepts(route, method)) {
      await this.respond(exchange, { status: 404, body: "not found" });
    } else {
      if (around !== undefined) await this.goInside(exchange, around);
      await this.cached(exchange, http, route.handler);
    }
  }

  /** Past a cached handler to another one behind it. */
  async goInside(exchange: Exchange, around: HttpCache): Promise<void> {
    const ticket = await this.begin(around, this.view(exchange), exchange);
    if (ticket.state === "miss") ticket.giveWay();
  }

  /** Runs what comes before the routes, and says whether it goes on to them. */
  before(exchange: Exchange): boolean {
    const { headers = [], answer } = this.app.before?.(this.seen(exchange)) ?? {};
    setFields(exchange.response, headers);
    if (answer !== undefined) void this.respond(exchange, answer);
    return answer === undefined;
  }

  async cached(exchange: Exchange, http: HttpCache, handler: Handler): Promise<void> {
    const ticket = await this.begin(http, this.view(exchange), exchange);
    if (ticket.state === "hit") this.hit(exchange, ticket.reply);
    else if (ticket.state === "stale") await this.stale(exchange, ticket, handler);
    else if (ticket.state === "bypass") await this.bypass(exchange, ticket, handler);
    else await this.miss(exchange, ticket, handler);
  }

  begin(http: HttpCache, view: RequestView, { response }: Exchange): Ticket | Promise<Ticket> {
    return http.begin(view, () =>
      response
        .getHeaderNames()
        .flatMap((name) => [response.getHeader(name) ?? []].flat().map((line) => [name, String(line)] as const)),
    );
  }

  view({ incoming: { method = "GET", url = "/", headers }, body }: Exchange): RequestView {
    const header = (name: string) => [headers[name] ?? []].flat()[0];
    return {
      method,
      url,
      scheme: "http",
      host: headers.host,
      header,
      names: () => Object.keys(headers),
      body: () => body,
    };
  }

  hit({ response }: Exchange, { status, fields, body }: Reply): void {
    setFields(response, fields);
    response.writeHead(status).end(body);
  }

  async stale(exchange: Exchange, { reply, refresh }: StaleTicket, handler: Handler): Promise<void> {
    this.hit(exchange, reply);
    if (refresh !== undefined) await this.refresh(exchange, refresh, handler);
  }

  /** Runs the handler for nobody, to store what it answers. */
  async refresh(exchange: Exchange, ticket: MissTicket, handler: Handler): Promise<void> {
    try {
      const {
        status = 200,
        headers = [],
        body,
      } = await handler(this.seen(exchange, { target: ticket.target, watch: ticket.watch, hidden: conditionalFields }));
      if (isIterable(body)) ticket.abandon();
      else ticket.commit({ status, fields: headers }, bytesOf(body));
    } catch {
      ticket.abandon();
    }
  }

  async bypass(exchange: Exchange, { fields, settled }: BypassTicket, handler: Handler): Promise<void> {
    setFields(exchange.response, fields);
    let answer: AdapterAnswer = { status: 500, body: "broken" };
    try {
      answer = await handler(this.seen(exchange));
    } catch {
      // Answered as broken.
    }
    await settled?.({ status: answer.status ?? 200, fields: answer.headers ?? [] });
    await this.respond(exchange, answer);
  }

  async miss(exchange: Exchange, ticket: MissTicket, handler: Handler): Promise<void> {
    exchange.response.once("close", () => this.closed(exchange, ticket));
    let answer: AdapterAnswer;
    try {
      const { target, watch } = ticket;
      answer = await handler(this.seen(exchange, { target, watch, hidden: conditionalFields }));
    } catch {
      return this.failed(exchange, ticket);
    }
    const head: ResponseHead = { status: answer.status ?? 200, fields: answer.headers ?? [] };
    if (isIterable(answer.body)) await this.pieces(exchange, ticket, head, answer.body);
    else this.whole(exchange, ticket, head, bytesOf(answer.body));
  }

  closed({ response }: Exchange, ticket: MissTicket): void {
    if (!response.writableFinished) ticket.clientGone();
  }

  /** What is stored may be sent in place of the error. */
  async failed(exchange: Exchange, ticket: MissTicket): Promise<void> {
    this.whole(exchange, ticket, { status: 500, fields: [] }, Buffer.from("broken"));
  }

  whole(exchange: Exchange, ticket: MissTicket, head: ResponseHead, body: Uint8Array): void {
    const { response } = exchange;
    const { reply, set, notModified, remove } = ticket.commit(head, body);
    if (reply !== undefined) {
      this.hit(exchange, reply);
      return;
    }
    setFields(response, head.fields);
    setFields(response, set);
    for (const name of remove) response.removeHeader(name);
    if (notModified) response.writeHead(304).end();
    else if (head.status === 204) response.writeHead(204).end();
    else response.writeHead(head.status, { "Content-Length": body.length }).end(body);
  }

  async pieces(
    { response }: Exchange,
    ticket: MissTicket,
    head: ResponseHead,
    pieces: AsyncIterable<Uint8Array>,
  ): Promise<void> {
    const { set, capture } = ticket.stream(head);
    setFields(response, head.fields);
    setFields(response, set);
    response.writeHead(head.status);
    try {
      await this.pump(response, pieces, (piece) => capture?.write(piece));
      capture?.end();
      response.end();
    } catch {
      capture?.abort();
      response.destroy();
    }
  }

  /** Writes pieces as the client takes them. Rejects when it is gone. */
  async pump(
    response: ServerResponse,
    pieces: AsyncIterable<Uint8Array>,
    copy: (piece: Uint8Array) => void,
  ): Promise<void> {
    for await (const piece of pieces) {
      if (response.destroyed) throw new Error("the client is gone");
      copy(piece);
      if (!response.write(piece)) await drained(response);
    }
  }

  async purge(exchange: Exchange): Promise<void> {
    const query = new URLSearchParams(exchange.incoming.url?.split("?")[1]);
    const { status, fields, body } = await this.#purge(this.seen(exchange), query);
    await this.respond(exchange, { status, headers: fields, body });
  }

  /** What handlers see of a request; what they read is told. */
  seen({ incoming, body }: Exchange, { target, watch, hidden = [] }: Shown = {}): AdapterRequest {
    const { method = "GET", headers } = incoming;
    const { url = "/" } = { url: target ?? incoming.url };
    return {
      method,
      url,
      header: (name) => {
        watch?.field(name);
        return hidden.includes(name) ? undefined : [headers[name] ?? []].flat()[0];
      },
      headers: () => {
        watch?.fields();
        return Object.fromEntries(Object.entries(headers).filter(([name]) => !hidden.includes(name)));
      },
      query: (name) => new URLSearchParams(url.split("?")[1]).get(name) ?? undefined,
      json: () => JSON.parse(new TextDecoder().decode(body)),
    };
  }

  /** Sends an answer that the cache has nothing to do with. */
  async respond({ response }: Exchange, { status = 200, headers = [], body }: AdapterAnswer): Promise<void> {
    setFields(response, headers);
    response.writeHead(status);
    if (!isIterable(body)) {
      response.end(body);
      return;
    }
    await this.pump(response, body, () => {}).then(
      () => response.end(),
      () => response.destroy(),
    );
  }
}

/** Serves what an adapter makes of an application. */
export function harnessOf(Adapter: typeof ReferenceAdapter): AdapterHarness {
  return { backend: new SyncBackend(), listen: (app) => listen(new Adapter(app)), dispose: () => {} };
}

async function listen(adapter: ReferenceAdapter): Promise<AdapterServer> {
  const server = createServer((incoming, response) => {
    // A wrong adapter may throw anything at any time; its client sees a connection that ends.
    collect(incoming)
      .then((body) => adapter.serve({ incoming, response, body }))
      .catch(() => response.destroy());
  });
  await new Promise<void>((resolve) => {
    server.listen(0, "127.0.0.1", resolve);
  });
  return {
    port: (server.address() as AddressInfo).port,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function setFields(response: ServerResponse, fields: HeaderFields): void {
  for (const [name] of fields) response.removeHeader(name);
  for (const [name, value] of fields) response.appendHeader(name, value);
}

function accepts({ methods = ["GET"] }: AdapterRoute, method: string): boolean {
  return methods.includes(method) || (method === "HEAD" && methods.includes("GET"));
}

function isIterable(body: AdapterAnswer["body"]): body is AsyncIterable<Uint8Array> {
  return typeof body === "object" && Symbol.asyncIterator in body;
}

function bytesOf(body: string | Uint8Array | undefined): Uint8Array {
  return typeof body === "string" ? Buffer.from(body) : (body ?? new Uint8Array(0));
}

function drained(response: ServerResponse): Promise<void> {
  return new Promise((resolve, reject) => {
    const settle = (): void => {
      response.off("drain", settle).off("close", settle);
      if (response.destroyed) reject(new Error("the client is gone"));
      else resolve();
    };
    response.on("drain", settle).on("close", settle);
  });
}

async function collect(incoming: IncomingMessage): Promise<Uint8Array> {
  const pieces: Buffer[] = [];
  for await (const piece of incoming) pieces.push(piece as Buffer);
  return Buffer.concat(pieces);
}
