import {
  exchange,
  held,
  shadow,
  showRequest,
  together,
  type Watching,
  watchAttached,
  watchComputed,
  watchedRecord,
  watchPresent,
} from "@cachette/core/adapter";
import { conditionalFields, type MissTicket } from "@cachette/core/http";
import type { FastifyReply, FastifyRequest } from "fastify";
import { showTarget } from "./shown-target.ts";

/**
 * Shows the handler the request as a ticket wants it to be seen, and watches what it reads. Gives the way back. `seen`:
 * the request whose fields are shown.
 */
export function showTo(
  request: FastifyRequest,
  reply: FastifyReply,
  { ask, target }: Pick<MissTicket, "ask" | "target">,
  watching: Watching,
  seen: FastifyRequest["raw"] | undefined,
): () => void {
  const trusts = watching.silently(() => request.ips) !== undefined;
  return together(
    showRequest(request.raw, { ask, watch: watching, seen }),
    watchComputed(request, watching, computed, (name) => tellComputed(name, trusts, watching)),
    showAssigned(request, watching),
    untilSent(reply, watchAll(request, reply, watching)),
    target === undefined ? undefined : showTarget(request, target),
  );
}

/** What Fastify makes of fields and connection. */
const computed = ["host", "hostname", "port", "protocol", "ip", "ips"] as const;

/** Where Fastify trusts a proxy, it looks at the fields that one sets. Only then there is a list of addresses. */
function tellComputed(name: (typeof computed)[number], trusts: boolean, watching: Watching): void {
  switch (name) {
    case "host":
    case "hostname":
    case "port":
      watching.field(trusts ? "x-forwarded-host" : "host");
      break;
    case "protocol":
      // Without a proxy, the scheme is that of the connection, which is in the key along with the host.
      watching.field(trusts ? "x-forwarded-proto" : "host");
      break;
    case "ip":
    case "ips":
      watching.address();
  }
}

/** Where Fastify keeps what was assigned to `request.headers`; it is copied together with those of `raw`, and goes before. */
function showAssigned(request: FastifyRequest, watching: Watching): (() => void) | undefined {
  const assigned: unknown = Reflect.get(request, "additionalHeaders");
  if (typeof assigned !== "object" || assigned === null) return undefined;
  const one = (name: string) => watching.field(name.toLowerCase());
  const all = () => watching.fields();
  const rest: Record<string, unknown> = { ...assigned };
  for (const name of conditionalFields) delete rest[name];
  const headers = watching.silently(() => watchedRecord({ ...request.raw.headers, ...rest }, one, all));
  return shadow(request, "headers", held(headers, true));
}

/** Middleware for other frameworks attaches to `raw`, and hooks for the sake of templates to `reply.locals`. */
function watchAll(request: FastifyRequest, reply: FastifyReply, watching: Watching): () => void {
  const locals: unknown = Reflect.get(reply, "locals");
  return together(
    watchAttached(request, watching),
    watchPresent(request.raw, watching),
    watchPresent(locals, watching),
  );
}

/** Ends a watch when the handler has answered: the hooks that follow read what they like, such as a session to save it. */
function untilSent(reply: FastifyReply, undo: () => void): () => void {
  let over = false;
  const end = () => {
    if (over) return;
    over = true;
    putBack();
    undo();
  };
  const putBack = exchange(reply, "send", (payload?: unknown) => {
    end();
    return reply.send(payload);
  });
  return end;
}
