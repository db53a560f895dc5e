import { conditionalFields, type HeaderFields } from "@cachette/core/http";
import type { FastifyRequest } from "fastify";

type Incoming = FastifyRequest["raw"];

/**
 * Hides the fields that speak of what the client has, by all doors to them, shows those in `ask` instead, and gives the
 * way back. The request's own objects stay as they are, so whoever holds them, such as a logger, sees what the client
 * sent. `seen`: the request whose fields are shown.
 */
export function hideConditions(request: FastifyRequest, ask: HeaderFields, seen: Incoming = request.raw): () => void {
  const { raw, headers: current } = request;
  if (ask.length === 0 && seen === raw && !conditionalFields.some((name) => name in current)) return () => {};
  const { headers, rawHeaders, headersDistinct } = seen;
  const lines = rawHeaders.filter((_, index) => !isCondition(rawHeaders[index - (index % 2)] ?? ""));
  const shows = [
    shadow(raw, "headers", Object.assign(withoutConditions(headers), Object.fromEntries(ask))),
    shadow(raw, "rawHeaders", [...lines, ...ask.flat()]),
  ];
  if (headersDistinct !== undefined) {
    const asked = Object.fromEntries(ask.map(([name, value]) => [name, [value]]));
    shows.push(shadow(raw, "headersDistinct", Object.assign(withoutConditions(headersDistinct), asked)));
  }
  // Where Fastify keeps what was assigned to `request.headers`; it goes before those of `raw`.
  const assigned: unknown = Reflect.get(request, "additionalHeaders");
  if (typeof assigned === "object" && assigned !== null) {
    shows.push(shadow(request, "additionalHeaders", withoutConditions(assigned)));
  }
  return () => {
    for (const show of shows) show();
  };
}

/** Puts an own property before what is there, be it one of the object or a getter of its prototype. */
function shadow(target: object, name: string, value: unknown): () => void {
  const before = Object.getOwnPropertyDescriptor(target, name);
  Object.defineProperty(target, name, { value, writable: true, enumerable: true, configurable: true });
  return () => {
    if (before === undefined) Reflect.deleteProperty(target, name);
    else Object.defineProperty(target, name, before);
  };
}

function withoutConditions<Fields extends object>(fields: Fields): Fields {
  const rest = Object.create(Object.getPrototypeOf(fields), Object.getOwnPropertyDescriptors(fields));
  for (const name of conditionalFields) delete rest[name];
  return rest;
}

function isCondition(name: string): boolean {
  return conditionalFields.includes(name.toLowerCase());
}
