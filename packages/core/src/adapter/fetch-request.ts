import { conditionalFields, type HeaderFields, type InputWatch, type MissTicket } from "../http/index.ts";
import { exchange, held, Shadow, shadow, together } from "./shadow.ts";
import { watchedHeaders } from "./watched-headers.ts";
import { joined } from "./web-body.ts";

/** More than this is not read of a body, whatever the route allows. */
const mostBytes = 8 * 2 ** 20;

/**
 * A request of the Web as a ticket wants it to be seen by the handler, watched: with the fields that the cache asks by in
 * place of those that speak of what the client has, and with the ticket's target. The very same one if that changes
 * nothing. `undo` ends the watch.
 */
export function showFetchRequest(
  request: Request,
  { ask, target, watch }: Pick<MissTicket, "ask" | "target" | "watch">,
): { readonly shown: Request; readonly undo: () => void } {
  const same = ask.length === 0 && !conditionalFields.some((name) => request.headers.has(name));
  const url = target === undefined ? undefined : withTarget(request.url, target);
  const shown = same && url === undefined ? request : handlersCopy(request, { ask, url });
  return { shown, undo: watchRequest(shown, watch) };
}

/** What is different in a copy. */
export interface CopyOptions {
  /** Shown in place of the conditions. */
  readonly ask?: HeaderFields | undefined;
  readonly url?: string | undefined;
  readonly signal?: AbortSignal | undefined;
}

/**
 * The same request without conditions. Whoever has the one as it came can still read its body; a copy of one whose body
 * was read already has none.
 */
export function handlersCopy(request: Request, { ask = [], url = request.url, signal }: CopyOptions): Request {
  const headers = new Headers(request.headers);
  for (const name of conditionalFields) headers.delete(name);
  for (const [name, value] of ask) headers.set(name, value);
  const init = { headers, ...(signal && { signal }) };
  if (request.bodyUsed) {
    // `cf`: what Cloudflare has found out.
    const { method, signal: received, cf } = request as Request & { readonly cf?: unknown };
    return new Request(url, { method, signal: received, cf, ...init } as RequestInit);
  }
  // Requests of @hono/node-server are none of the platform's own, which makes no others of them; their clones are.
  const clone = request.clone();
  return new Request(url === request.url ? clone : new Request(url, clone), init);
}

/**
 * The bytes of a request's body, which can still be read: they are from a copy. `undefined` without one.
 * @throws if somebody has read them, if the client breaks off, or if there are more than 8 MiB
 */
export async function bytesOfCopy(request: Request): Promise<Uint8Array | undefined> {
  if (request.body === null) return undefined;
  const reader = request.clone().body?.getReader();
  const pieces: Uint8Array<ArrayBuffer>[] = [];
  for (let length = 0; reader !== undefined; ) {
    const { done, value } = await reader.read();
    if (done) break;
    pieces.push(value);
    length += value.byteLength;
    if (length <= mostBytes) continue;
    reader.cancel().catch(() => {});
    throw new RangeError(`A body of more than ${mostBytes} bytes`);
  }
  return joined(pieces);
}

/** Puts watched fields in the place of a request's own, for copies made by `clone` too. */
function watchRequest(request: Request, watch: InputWatch): () => void {
  // Whoever makes a request of Node's own from that of @hono/node-server reads all fields: now, while nobody listens.
  void request.signal;
  const headers = watchedHeaders(request.headers, watch);
  // `cf`: where the client is, as Cloudflare has found out.
  const { clone, cf } = request as Request & { readonly cf?: unknown };
  const copyOf = () => {
    const copy = clone.call(request);
    watchRequest(copy, watch);
    return copy;
  };
  const place = () => {
    watch.address();
    return cf;
  };
  return together(
    shadow(request, "headers", held(headers)),
    exchange(request, "clone", copyOf),
    "cf" in request ? shadow(request, "cf", new Shadow(place, undefined, true)) : undefined,
  );
}

function withTarget(url: string, target: string): string {
  return url.slice(0, url.indexOf("/", url.indexOf("://") + 3)) + target;
}
