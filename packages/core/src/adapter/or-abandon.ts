import type { MissTicket } from "../http/index.ts";

/** What `task` gives. If it throws, so does this, and nobody is left waiting for the ticket's answer. */
export function orAbandon<Result>(ticket: Pick<MissTicket, "abandon">, task: () => Result): Result {
  try {
    return task();
  } catch (error) {
    ticket.abandon();
    throw error;
  }
}
