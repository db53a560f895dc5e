import type { Capture, MissTicket } from "../http/index.ts";

/**
 * A ticket that calls `over`, once, when it has ended: by a verdict that ends it, by giving up or giving way, or, where
 * the answer comes in pieces, with the end of its capture, whichever it is.
 */
export function endingWith(ticket: MissTicket, over: () => void): MissTicket {
  let ended = false;
  const finish = (): void => {
    if (ended) return;
    ended = true;
    over();
  };
  const { ask, state, target, watch } = ticket;
  return {
    ...{ ask, state, target, watch },
    clientGone: () => ticket.clientGone(),
    commit(head, body) {
      const verdict = ticket.commit(head, body);
      finish();
      return verdict;
    },
    stream(head) {
      const verdict = ticket.stream(head);
      const { capture } = verdict;
      if (capture === undefined) finish();
      return capture === undefined ? verdict : { ...verdict, capture: followed(capture, finish) };
    },
    abandon() {
      ticket.abandon();
      finish();
    },
    giveWay() {
      ticket.giveWay();
      finish();
    },
  };
}

function followed(capture: Capture, finish: () => void): Capture {
  return {
    write(piece) {
      const more = capture.write(piece);
      if (!more) finish();
      return more;
    },
    end() {
      capture.end();
      finish();
    },
    abort() {
      capture.abort();
      finish();
    },
  };
}
