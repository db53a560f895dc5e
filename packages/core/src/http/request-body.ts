import { canonical } from "../canonical.ts";
import { isPromise } from "../promise.ts";
import type { Refusal } from "./cache-status.ts";
import { parseWhole } from "./directives.ts";
import type { RequestView } from "./request-view.ts";

/** Methods that routes may cache. HEAD is cached where GET is. */
export type CachedMethod = "GET" | "QUERY" | "POST";

export const cachedMethods: readonly CachedMethod[] = ["GET", "QUERY", "POST"];

/** Whether a request asks for what is at a target and nothing else: then it has no body, and conditions and ranges count. */
export function isRead({ method }: RequestView): boolean {
  return method === "GET" || method === "HEAD";
}

/**
 * What joins the key of a request that is its method and its body (RFC 10008 2.7 says so of QUERY):
 * ` @POST=["application/json",undefined,…]`, with what the fields say that give the body its meaning. A refusal if the
 * body is not known, or longer than `limit` bytes.
 * @throws what reading the body throws, and CachetteError `KEY_UNSUPPORTED` if it is not data
 */
export function bodyMark(request: RequestView, limit: number): string | Refusal | Promise<string | Refusal> {
  const length = request.header("content-length");
  if ((parseWhole(length ?? "0") ?? 0) > limit) return refusal("longer than maxBodyBytes");
  const body = request.body?.();
  return isPromise(body) ? body.then((settled) => markFrom(request, settled, limit)) : markFrom(request, body, limit);
}

function markFrom(request: RequestView, body: unknown, limit: number): string | Refusal {
  const type = request.header("content-type");
  const coding = request.header("content-encoding");
  const raw = body instanceof Uint8Array;
  if (raw && body.byteLength > limit) return refusal("longer than maxBodyBytes");
  if (body === undefined && hasBody(request)) return refusal("nothing has parsed it before the cache");
  // Of files, parsers leave no trace in the body.
  if (!raw && type !== undefined && /^\s*multipart\//i.test(type)) return refusal("multipart");
  return ` @${request.method}=${canonical([type, coding, raw ? new Uint8Array(body) : ordered(body)])}`;
}

/** Whether a request has a body, be it an empty one of unknown length. */
export function hasBody(request: RequestView): boolean {
  const length = request.header("content-length");
  return request.header("transfer-encoding") !== undefined || !(length === undefined || length === "0");
}

/** Plain objects as lists: a handler can tell the order of their properties, so the key must. */
function ordered(value: unknown): unknown {
  if (Array.isArray(value)) return ["array", ...value.map(ordered)];
  if (typeof value !== "object" || value === null) return value;
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype !== Object.prototype && prototype !== null) return value;
  return ["object", ...Object.entries(value).flatMap(([name, item]) => [name, ordered(item)])];
}

function refusal(detail: string): Refusal {
  return { reason: "request-body", detail };
}
