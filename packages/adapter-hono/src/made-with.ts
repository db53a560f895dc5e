/** What a response was made with. */
export interface MadeWith {
  readonly body: unknown;
  readonly headers: unknown;
}

/** Where responses of one class keep that. */
interface Place {
  readonly ofClass: unknown;
  /** `undefined`: nowhere that could be found. */
  readonly name: symbol | undefined;
  readonly body: number;
  readonly headers: number;
}

let place: Place = { ofClass: undefined, name: undefined, body: 0, headers: 0 };

/**
 * What a response was made with, as those of @hono/node-server keep it until they are asked for more than their status and
 * fields: then they make a response of the platform's own, which costs more than all else of a hit. `headers` are what is
 * made of them once somebody has asked for fields. `undefined` for all other responses.
 */
export function madeWith(response: Response): MadeWith | undefined {
  if (place.ofClass !== Response) place = placeIn(Response);
  const kept: unknown = place.name && Reflect.get(response, place.name);
  return Array.isArray(kept) ? { body: kept[place.body], headers: kept[place.headers] } : undefined;
}

/** The body of a response, if it can be told without asking it, and is not given a type on its way. */
export function knownBody(response: Response): string | Uint8Array<ArrayBuffer> | null | undefined {
  const body = madeWith(response)?.body;
  if (body === null) return null;
  const isWhole = typeof body === "string" || body instanceof Uint8Array;
  return isWhole && response.headers.has("content-type") ? (body as string | Uint8Array<ArrayBuffer>) : undefined;
}

/** Found by trial: another version may keep it otherwise, and then the response is asked. */
function placeIn(ofClass: typeof Response): Place {
  const [body, headers] = ["x", {}];
  const response = new ofClass(body, { headers });
  for (const name of Object.getOwnPropertySymbols(response)) {
    const kept: unknown = Reflect.get(response, name);
    if (Array.isArray(kept) && kept.includes(body) && kept.includes(headers)) {
      return { ofClass, name, body: kept.indexOf(body), headers: kept.indexOf(headers) };
    }
  }
  return { ofClass, name: undefined, body: 0, headers: 0 };
}
