import { conditionalFields } from "@cachette/core/http";
import type { FastifyRequest } from "fastify";

type Incoming = FastifyRequest["raw"];

/**
 * Hides the fields that speak of what the client has, by all doors to them, and gives the way to show them again. The
 * request's own objects stay as they are, so whoever holds them, such as a logger, sees what the client sent.
 */
export function hideConditions(request: Incoming): () => void {
  const { headers, rawHeaders, headersDistinct } = request;
  if (!conditionalFields.some((name) => name in headers)) return () => {};
  const shows = [
    shadow(request, "headers", withoutConditions(headers)),
    shadow(request, "headersDistinct", withoutConditions(headersDistinct ?? {})),
    shadow(
      request,
      "rawHeaders",
      rawHeaders.filter((_, index) => !isCondition(rawHeaders[index - (index % 2)] ?? "")),
    ),
  ];
  return () => {
    for (const show of shows) show();
  };
}

/** Puts an own property before what is there, be it one of the object or a getter of its prototype. */
function shadow(request: Incoming, name: keyof Incoming, value: unknown): () => void {
  const before = Object.getOwnPropertyDescriptor(request, name);
  Object.defineProperty(request, name, { value, writable: true, enumerable: true, configurable: true });
  return () => {
    if (before === undefined) Reflect.deleteProperty(request, name);
    else Object.defineProperty(request, name, before);
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
