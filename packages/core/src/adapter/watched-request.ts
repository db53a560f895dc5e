import { conditionalFields, type HeaderFields, type InputWatch } from "../http/index.ts";
import { exchange, together } from "./shadow.ts";
import { watchAddress } from "./watched-address.ts";
import { watchedRecord } from "./watched-record.ts";

/** The part of a request of Node's `http` through which handlers come to its fields. */
export interface IncomingFields {
  readonly headers: object;
  readonly headersDistinct?: object | undefined;
  readonly rawHeaders: readonly string[];
  readonly socket: object;
  readonly httpVersionMajor: number;
}

export interface ShownRequest {
  /** Fields to be shown in place of those that speak of what the client has; names in lower case. */
  readonly ask: HeaderFields;
  readonly watch: InputWatch;
  /** The request whose fields are shown. Default: the one itself. */
  readonly seen?: IncomingFields | undefined;
}

/**
 * Shows a handler the fields of a request of Node's as it may see them, by all doors to them: without what speaks of
 * what the client has, with what the cache asks in its place, and watched, the client's address too. Gives the way back.
 * The request's own objects stay as they are, so whoever holds them, such as a logger, sees what the client sent.
 *
 * Requests of HTTP/2 share one connection: there the address is not watched where it is read from that.
 */
export function showRequest(request: IncomingFields, { ask, watch, seen = request }: ShownRequest): () => void {
  const { headers, rawHeaders, headersDistinct } = seen;
  const plain = ask.length === 0 && !conditionalFields.some((name) => name in headers);
  // Not before all is in place: Bun's requests count the lines that they are given.
  let shown = false;
  const one = (name: string) => watch.field(name.toLowerCase());
  const all = () => {
    if (shown) watch.fields();
  };
  const show = (fields: object, lines: readonly (readonly [name: string, value: unknown])[]) =>
    watchedRecord(plain ? fields : replaced(fields, lines), one, all);
  const distinct = ask.map(([name, text]) => [name, [text]] as const);
  const undo = together(
    exchange(request, "headers", show(headers, ask)),
    exchange(request, "rawHeaders", watchedRecord(plain ? rawHeaders : rawReplaced(rawHeaders, ask), all, all)),
    headersDistinct && exchange(request, "headersDistinct", show(headersDistinct, distinct)),
    request.httpVersionMajor < 2 ? watchAddress(request.socket, watch) : undefined,
  );
  // Node goes by the first of several hosts (RFC 9112 3.2 has none of them), and a handler may go by another.
  if (hostsIn(rawHeaders) > 1) watch.attached("host");
  shown = true;
  return undo;
}

function hostsIn(raw: readonly string[]): number {
  let hosts = 0;
  for (let index = 0; index < raw.length; index += 2) {
    const name = raw[index] as string;
    if (name.length === 4 && name.toLowerCase() === "host") hosts++;
  }
  return hosts;
}

function replaced(fields: object, ask: readonly (readonly [name: string, value: unknown])[]): object {
  const rest = Object.create(Object.getPrototypeOf(fields), Object.getOwnPropertyDescriptors(fields));
  for (const name of conditionalFields) delete rest[name];
  for (const [name, text] of ask) rest[name] = text;
  return rest;
}

function rawReplaced(raw: readonly string[], ask: HeaderFields): string[] {
  const isCondition = (name: string) => conditionalFields.includes(name.toLowerCase());
  return [...raw.filter((_, index) => !isCondition(raw[index - (index % 2)] ?? "")), ...ask.flat()];
}
