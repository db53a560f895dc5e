import type { HeaderFields, Reply } from "../http/index.ts";
import { changedFields, fieldRecord } from "./fields.ts";
import { Buffer } from "./node.ts";
import { Shadow, shadow } from "./shadow.ts";

/** The fields of a response of Node's `http`, as they are set. */
export interface ResponseFields {
  appendHeader(name: string, value: string | readonly string[]): unknown;
  getHeader(name: string): number | string | readonly string[] | undefined;
  getHeaderNames(): string[];
  /** Of HTTP/1 only. */
  getRawHeaderNames?(): string[];
  removeHeader(name: string): void;
  setHeader(name: string, value: number | string | readonly string[]): unknown;
}

/** The part of a response of Node's `http` through which answers are followed, held back and replaced. */
export interface NodeResponse extends ResponseFields {
  statusCode: number;
  statusMessage: string;
  readonly destroyed: boolean;
  readonly headersSent: boolean;
  destroy(error?: Error): unknown;
  emit(event: string): boolean;
  end(...values: never[]): unknown;
  flushHeaders(): void;
  off(event: string, listener: (event: string | symbol) => void): unknown;
  on(event: string, listener: (event: string | symbol) => void): unknown;
  once(event: string, listener: () => void): unknown;
  write(...values: never[]): boolean;
  writeHead(status: number, ...values: never[]): unknown;
}

/** Sets fields in place of those with the same name. */
export function setFields(response: ResponseFields, fields: HeaderFields): void {
  for (const [name, value] of Object.entries(fieldRecord(fields))) response.setHeader(name, value);
}

/** Sets what `writeHead` takes: an object, names and values in turn, or a list of pairs. */
export function setGiven(response: ResponseFields, given: unknown): void {
  if (typeof given !== "object" || given === null) return;
  if (!Array.isArray(given)) {
    for (const [name, value] of Object.entries(given)) response.setHeader(name, value);
    return;
  }
  const flat: unknown[] = given.every(Array.isArray) ? given.flat() : given;
  const names = flat.filter((_, index) => index % 2 === 0).map(String);
  for (const name of names) response.removeHeader(name);
  for (const [index, name] of names.entries()) response.appendHeader(name, flat[2 * index + 1] as string);
}

/** The fields of a response as they are now, one pair for each line; names as written, where that is known. */
export function fieldsOf(response: ResponseFields): HeaderFields {
  const names = response.getRawHeaderNames?.() ?? response.getHeaderNames();
  return names.flatMap((name) => {
    const value = response.getHeader(name);
    return value === undefined ? [] : [value].flat().map((line) => [name, String(line)] as const);
  });
}

/** Makes all fields what they were. */
export function restoreFields(response: ResponseFields, before: HeaderFields): void {
  const now = fieldsOf(response);
  for (const [name] of changedFields(before, now)) response.removeHeader(name);
  setFields(response, changedFields(now, before));
}

/**
 * A reply as it goes out. Compression in front would code a part as if it were a whole; it leaves alone what says that it
 * must be.
 */
export function forSending(response: ResponseFields, reply: Reply): Reply {
  if (reply.status !== 206) return reply;
  const isControl = ([name]: readonly [string, string]) => name.toLowerCase() === "cache-control";
  const own = reply.fields.filter(isControl).map(([, value]) => value);
  const said = own.length > 0 ? own : [response.getHeader("cache-control") ?? []].flat();
  const control = [...said, "no-transform"].join(", ");
  return { ...reply, fields: [...reply.fields.filter((line) => !isControl(line)), ["Cache-Control", control]] };
}

/** The body as Node takes it; not copied. */
export function bodyOf({ body }: Reply): Uint8Array | string | undefined {
  return body instanceof Uint8Array ? Buffer.from(body.buffer, body.byteOffset, body.byteLength) : body;
}

/** Lets it look as if the head had been sent, for whoever asks before it really is. Gives the way back. */
export function showSent(response: object): () => void {
  return shadow(response, "headersSent", sent);
}

const sent = new Shadow(() => true);

/** What Node takes as a piece of a body. */
export function isChunk(value: unknown): value is string | Uint8Array {
  return typeof value === "string" || value instanceof Uint8Array;
}

/** Whether `end` takes it without throwing. */
export function isEnd(value: unknown): boolean {
  return !value || typeof value === "function" || isChunk(value);
}

/** The octets that Node makes of a chunk; none if it is no chunk. */
export function bytesOf(chunk: unknown, encoding?: unknown): Uint8Array {
  if (chunk instanceof Uint8Array) return chunk;
  if (typeof chunk !== "string") return nothing;
  return Buffer.from(chunk, typeof encoding === "string" && Buffer.isEncoding(encoding) ? encoding : "utf8");
}

const nothing = new Uint8Array(0);

/** What is to be called when a `write` or an `end` is done, from what was given to it. */
export function callbacksOf(values: readonly unknown[]): (() => void)[] {
  return values.filter((value) => typeof value === "function") as (() => void)[];
}
