import {
  exchange,
  type IncomingFields,
  Shadow,
  shadow,
  showFetchRequest,
  showRequest,
  together,
  watchedRecord,
  watchPresent,
} from "@cachette/core/adapter";
import type { InputWatch, MissTicket } from "@cachette/core/http";
import type { Context } from "hono";

/** Shows the handlers behind the request as a ticket wants it to be seen, and watches what they read. Gives the way back. */
export function showTo(c: Context, ticket: MissTicket): () => void {
  const { watch } = ticket;
  const { raw } = c.req;
  const { shown, undo: showRaw } = showFetchRequest(raw, ticket);
  const { incoming } = (c.env ?? {}) as { incoming?: Incoming };
  const undo = together(
    showRaw,
    watchContext(c, watch),
    incoming?.socket === undefined ? undefined : showIncoming(incoming, ticket),
  );
  c.req.raw = shown;
  return () => {
    undo();
    c.req.raw = raw;
  };
}

/** What @hono/node-server has made the request from. */
interface Incoming extends IncomingFields {
  readonly url?: string;
}

function showIncoming(incoming: Incoming, { ask, target, watch }: MissTicket): () => void {
  return together(
    showRequest(incoming, { ask, watch }),
    watchPresent(incoming, watch),
    target === undefined ? undefined : exchange(incoming, "url", withQuery(incoming.url, target)),
  );
}

/** A target with the query of another one: its path may have a prefix that `mount` has taken away. */
function withQuery(url: string | undefined, target: string): string | undefined {
  return url?.replace(/\?.*|$/s, () => /\?.*/s.exec(target)?.[0] ?? "");
}

/** Watches the variables that mean a person, by both doors to them. */
function watchContext(c: Context, watch: InputWatch): () => void {
  const names = new Set(watch.identity);
  const tell = (name: string) => {
    if (names.has(name)) watch.attached(name);
  };
  const { get } = c;
  const vars = (): object => Reflect.get(Object.getPrototypeOf(c), "var", c) as object;
  const tellingVars = () => {
    const held = vars();
    return watchedRecord(held, tell, () => {
      for (const name of Object.keys(held)) tell(name);
    });
  };
  const tellingGet = (name: string): unknown => {
    tell(name);
    return Reflect.apply(get, c, [name]);
  };
  return together(exchange(c, "get", tellingGet), shadow(c, "var", new Shadow(tellingVars)));
}
