import {
  exchange,
  type IncomingFields,
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
  const undos = [showRaw, ...watchContext(c, watch)];
  const { incoming } = (c.env ?? {}) as { incoming?: IncomingFields & { readonly url?: string } };
  // What @hono/node-server has made the request from.
  if (incoming?.socket !== undefined) {
    undos.push(showRequest(incoming, { ask: ticket.ask, watch }), watchPresent(incoming, watch));
    if (ticket.target !== undefined) undos.push(exchange(incoming, "url", withQuery(incoming.url, ticket.target)));
  }
  c.req.raw = shown;
  const undo = together(undos);
  return () => {
    undo();
    c.req.raw = raw;
  };
}

/** A target with the query of another one: its path may have a prefix that `mount` has taken away. */
function withQuery(url: string | undefined, target: string): string | undefined {
  return url?.replace(/\?.*|$/s, () => /\?.*/s.exec(target)?.[0] ?? "");
}

/** Watches the variables that mean a person, by both doors to them. */
function watchContext(c: Context, watch: InputWatch): (() => void)[] {
  const names = new Set(watch.identity);
  const tell = (name: string) => {
    if (names.has(name)) watch.attached(name);
  };
  const { get } = c;
  const vars = (): object => Reflect.get(Object.getPrototypeOf(c), "var", c) as object;
  const reader = (held: object) => ({
    one: tell,
    all: () => {
      for (const name of Object.keys(held)) tell(name);
    },
  });
  return [
    exchange(c, "get", (name: string) => {
      tell(name);
      return Reflect.apply(get, c, [name]);
    }),
    shadow(c, "var", {
      enumerable: false,
      get() {
        const held = vars();
        return watchedRecord(held, reader(held));
      },
    }),
  ];
}
