import { conditionalFields, type HeaderFields } from "@cachette/core/http";
import type { Incoming } from "./request-view.ts";

/**
 * Hides the fields that speak of what the client has, by all doors to them, and shows `ask` in their place. Gives the
 * way back. The request's own objects stay as they are, so whoever holds them, such as a logger, sees what the client
 * sent.
 */
export function hideConditions(request: Incoming, ask: HeaderFields): () => void {
  const { headers, rawHeaders, headersDistinct } = request;
  if (ask.length === 0 && !conditionalFields.some((name) => name in headers)) return () => {};
  const shows = [
    shadow(request, "headers", replaced(headers, ask)),
    shadow(
      request,
      "headersDistinct",
      replaced(
        headersDistinct ?? {},
        ask.map(([name, value]) => [name, [value]]),
      ),
    ),
    shadow(request, "rawHeaders", [
      ...rawHeaders.filter((_, index) => !isCondition(rawHeaders[index - (index % 2)] ?? "")),
      ...ask.flat(),
    ]),
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

function replaced(fields: object, ask: readonly (readonly [name: string, value: unknown])[]): object {
  const rest = Object.create(Object.getPrototypeOf(fields), Object.getOwnPropertyDescriptors(fields));
  for (const name of conditionalFields) delete rest[name];
  for (const [name, value] of ask) rest[name] = value;
  return rest;
}

function isCondition(name: string): boolean {
  return conditionalFields.includes(name.toLowerCase());
}
