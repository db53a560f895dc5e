import type { MissTicket } from "@cachette/core/http";
import type { FastifyRequest } from "fastify";
import { hideConditions } from "./hidden-conditions.ts";
import { showTarget } from "./shown-target.ts";

/** Shows the handler the request as a ticket wants it to be seen; `seen`: see `hideConditions`. Gives the way back. */
export function showTo(
  request: FastifyRequest,
  { ask, target }: MissTicket,
  seen: FastifyRequest["raw"] | undefined,
): () => void {
  const showConditions = hideConditions(request, ask, seen);
  if (target === undefined) return showConditions;
  const showReceived = showTarget(request, target);
  return () => {
    showReceived();
    showConditions();
  };
}
