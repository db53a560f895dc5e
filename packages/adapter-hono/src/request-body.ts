import type { Context } from "hono";
import { joined } from "./body.ts";

/** More than this is not read of a body, whatever the route allows. */
const mostBytes = 8 * 2 ** 20;

/**
 * The bytes of a request's body; `undefined` without one. They are read from a copy, so that the handler can read them
 * too, from `c.req` and from `c.req.raw`; if somebody has read them already, from what `c.req` has kept.
 * @throws if somebody has read them past `c.req`, if the client breaks off, or if there are more than can be kept
 */
export async function bodyOf(request: Context["req"]): Promise<Uint8Array | undefined> {
  const { raw } = request;
  if (raw.bodyUsed) return new Uint8Array(await request.arrayBuffer());
  if (raw.body === null) return undefined;
  const reader = raw.clone().body?.getReader();
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
