import type { Context } from "hono";

/** Where responses of one class keep the fields that they were made with until somebody asks for them. */
interface Place {
  readonly ofClass: unknown;
  /** `undefined`: nowhere that could be found. */
  readonly name: symbol | undefined;
  readonly index: number;
}

let place: Place = { ofClass: undefined, name: undefined, index: 0 };

/**
 * Whether middleware has set fields for the answer by now. Hono tells by a response that has them; to ask that one costs
 * more than all else of a hit, as those of @hono/node-server make `Headers` only then. So it is looked up where they keep
 * what they were made with, if that is to be found.
 */
export function hasFieldsBefore(c: Context): boolean {
  const response = c.newResponse(null);
  if (place.ofClass !== Response) place = placeIn(Response);
  const kept: unknown = place.name && Reflect.get(response, place.name);
  if (Array.isArray(kept) && kept[place.index] === undefined) return false;
  return response.headers.keys().next().done !== true;
}

/** Found by trial: another version may keep them otherwise, and then they are asked for. */
function placeIn(ofClass: typeof Response): Place {
  const headers = {};
  const response = new ofClass(null, { headers });
  for (const name of Object.getOwnPropertySymbols(response)) {
    const kept: unknown = Reflect.get(response, name);
    if (Array.isArray(kept) && kept.includes(headers)) return { ofClass, name, index: kept.indexOf(headers) };
  }
  return { ofClass, name: undefined, index: 0 };
}
