import type { MissTicket } from "@cachette/core/http";
import { hideConditions } from "./hidden-conditions.ts";
import type { Incoming } from "./request-view.ts";
import { showTarget } from "./shown-target.ts";

/** Shows the handlers behind the request as a ticket wants it to be seen. Gives the way back. */
export function showTo(request: Incoming, { ask, target }: MissTicket): () => void {
  const showConditions = hideConditions(request, ask);
  if (target === undefined) return showConditions;
  const showReceived = showTarget(request, target);
  return () => {
    showReceived();
    showConditions();
  };
}
