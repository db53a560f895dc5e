import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { createPurge } from "@cachette/core/http";
import type {
  AdapterAnswer,
  AdapterApp,
  AdapterHarness,
  AdapterRequest,
  AdapterServer,
} from "../src/adapter/harness.ts";
import { adapterSuite } from "../src/vitest.ts";
import { cachedFetch, type FetchHandler } from "./fetch-adapter.ts";
import { cachedNode, type NodeHandler, type NodeRequest } from "./node-adapter.ts";
import { SyncBackend } from "./sync-backend.ts";

type Serve = (request: NodeRequest, response: ServerResponse) => unknown;

/** A server without a framework, whose requests have their bodies. */
function harness(serveWith: (app: AdapterApp) => Serve): AdapterHarness {
  return { backend: new SyncBackend(), listen: (app) => listen(serveWith(app)), dispose: () => {} };
}

async function listen(serve: Serve): Promise<AdapterServer> {
  const server = createServer(async (incoming: IncomingMessage, response) => {
    const request = Object.assign(incoming, { body: Buffer.concat(await incoming.toArray()) });
    try {
      await serve(request, response);
    } catch {
      if (response.headersSent) response.destroy();
      else response.writeHead(500).end("broken");
    }
  });
  await new Promise<void>((resolve) => void server.listen(0, "127.0.0.1", resolve));
  return {
    port: (server.address() as AddressInfo).port,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

/** What is to be asked: what comes before, the purge, or a route; nothing for what is not there. */
function goalOf(app: AdapterApp, method: string, target: string) {
  const path = target.split("?", 1)[0];
  if (path === app.purge?.path && method === "DELETE") return "purge";
  return app.routes.find(
    ({ path: own, methods = ["GET"] }) => own === path && methods.includes(method === "HEAD" ? "GET" : method),
  );
}

function purgeOf({ cache, purge }: AdapterApp): (request: AdapterRequest) => Promise<AdapterAnswer> {
  const answer = createPurge<AdapterRequest>(cache, { authorize: purge?.authorize ?? (() => false) });
  return async (request) => {
    const { status, fields, body } = await answer(request, new URLSearchParams(request.url.split("?")[1]));
    return { status, headers: fields, body };
  };
}

const queryOf = (target: string, name: string) => new URLSearchParams(target.split("?")[1]).get(name) ?? undefined;

function nodeServer(app: AdapterApp): Serve {
  const handlers = new Map(
    app.routes.map((route): [unknown, NodeHandler] => {
      const handle: NodeHandler = async (request, response) => send(response, await route.handler(seen(request)));
      const inner = cachedNode(app.cache, route.options, handle);
      return [route, route.around === undefined ? inner : cachedNode(app.cache, route.around, inner)];
    }),
  );
  const purge = purgeOf(app);

  return async (request, response) => {
    const { headers = [], answer } = app.before?.(seen(request)) ?? {};
    for (const [name, value] of headers) response.appendHeader(name, value);
    if (answer !== undefined) return send(response, answer);
    const goal = goalOf(app, request.method ?? "", request.url ?? "");
    if (goal === undefined) return send(response, { status: 404, body: "not found" });
    if (goal === "purge") return send(response, await purge(seen(request)));
    await handlers.get(goal)?.(request, response);
  };

  function seen(request: NodeRequest): AdapterRequest {
    return {
      method: request.method ?? "",
      get url() {
        return request.url ?? "";
      },
      header: (name) => [request.headers[name] ?? []].flat()[0],
      headers: () => ({ ...request.headers }),
      query: (name) => queryOf(request.url ?? "", name),
      json: () => JSON.parse(String(request.body)),
    };
  }

  async function send(response: ServerResponse, { status = 200, headers = [], body }: AdapterAnswer): Promise<void> {
    response.statusCode = status;
    for (const [name] of headers) response.removeHeader(name);
    for (const [name, value] of headers) response.appendHeader(name, value);
    if (body === undefined) response.end();
    else if (typeof body === "string" || body instanceof Uint8Array) response.end(body);
    else await pipeline(Readable.from(body, { objectMode: false }), response).catch(() => response.destroy());
  }
}

/** Not in the types of TypeScript yet. */
const streams = ReadableStream as unknown as { from(pieces: AsyncIterable<Uint8Array>): ReadableStream };

function fetchServer(app: AdapterApp): Serve {
  const handlers = new Map(
    app.routes.map((route): [unknown, FetchHandler] => {
      const handle: FetchHandler = async (request, earlier) => responseOf(await route.handler(seen(request)), earlier);
      const inner = cachedFetch(app.cache, route.options, handle);
      return [route, route.around === undefined ? inner : cachedFetch(app.cache, route.around, inner)];
    }),
  );
  const purge = purgeOf(app);

  return async ({ method = "", url = "", headers, body }, response) => {
    const gone = new AbortController();
    response.once("close", () => response.writableFinished || gone.abort());
    const init = { method, headers: headers as Record<string, string>, signal: gone.signal };
    const content = method === "GET" || method === "HEAD" ? {} : { body: body as Buffer<ArrayBuffer> };
    await send(await answer(new Request(`http://${headers.host}${url}`, { ...init, ...content })), response);
  };

  async function answer(request: Request): Promise<Response> {
    const { headers = [], answer } = app.before?.(seen(request)) ?? {};
    const earlier = new Headers(headers.map(([name, value]): [string, string] => [name, value]));
    if (answer !== undefined) return responseOf(answer, earlier);
    const goal = goalOf(app, request.method, new URL(request.url).pathname);
    if (goal === undefined) return responseOf({ status: 404, body: "not found" }, earlier);
    if (goal === "purge") return responseOf(await purge(seen(request)), earlier);
    return (await handlers.get(goal)?.(request, earlier)) as Response;
  }

  function seen(request: Request): AdapterRequest {
    const url = request.url.slice(request.url.indexOf("/", "http://".length));
    return {
      method: request.method,
      url,
      header: (name) => request.headers.get(name) ?? undefined,
      headers: () => Object.fromEntries(request.headers),
      query: (name) => queryOf(url, name),
      json: () => request.json(),
    };
  }

  function responseOf({ status = 200, headers = [], body }: AdapterAnswer, earlier: Headers): Response {
    const all = new Headers(earlier);
    for (const [name] of headers) all.delete(name);
    for (const [name, value] of headers) all.append(name, value);
    const content = typeof body === "string" ? new TextEncoder().encode(body) : (body ?? null);
    const pieces = content === null || content instanceof Uint8Array ? content : streams.from(content);
    return new Response(pieces as BodyInit | null, { status, headers: all });
  }

  async function send({ status, headers, body }: Response, response: ServerResponse): Promise<void> {
    response.statusCode = status;
    for (const [name, value] of headers) response.appendHeader(name, value);
    if (body === null) response.end();
    else await pipeline(Readable.fromWeb(body as never), response).catch(() => response.destroy());
  }
}

adapterSuite("node:http, by what core/adapter has", () => harness(nodeServer));
adapterSuite("fetch, by what core/adapter has", () => harness(fetchServer));
