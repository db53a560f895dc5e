import type {
  Capture,
  HeaderFields,
  InputWatch,
  MissTicket,
  ResponseHead,
  StreamVerdict,
  Verdict,
} from "../http/index.ts";

/**
 * A ticket that calls `over`, once, when it has ended: by a verdict that ends it, by giving up or giving way, or, where
 * the answer comes in pieces, with the end of its capture, whichever it is. Not by `clientGone`, after which the handler
 * still runs: `abandon` it when that has ended without an answer.
 */
export function endingWith(ticket: MissTicket, over: () => void): MissTicket {
  return new EndingTicket(ticket, over);
}

/** A class for the reason that `Visit` is one. */
class EndingTicket implements MissTicket {
  readonly state = "miss";
  readonly ask: HeaderFields;
  readonly watch: InputWatch;
  readonly target: string | undefined;
  readonly #ticket: MissTicket;
  readonly #over: () => void;
  #ended = false;

  constructor(ticket: MissTicket, over: () => void) {
    this.ask = ticket.ask;
    this.watch = ticket.watch;
    this.target = ticket.target;
    this.#ticket = ticket;
    this.#over = over;
  }

  clientGone(): void {
    this.#ticket.clientGone();
  }

  commit(head: ResponseHead, body: Uint8Array): Verdict {
    const verdict = this.#ticket.commit(head, body);
    this.finish();
    return verdict;
  }

  stream(head: ResponseHead): StreamVerdict {
    const verdict = this.#ticket.stream(head);
    const { capture } = verdict;
    if (capture !== undefined) return { ...verdict, capture: new FollowedCapture(capture, this) };
    this.finish();
    return verdict;
  }

  abandon(): void {
    this.#ticket.abandon();
    this.finish();
  }

  giveWay(): void {
    this.#ticket.giveWay();
    this.finish();
  }

  finish(): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#over();
  }
}

/** Ends a ticket with a capture. */
class FollowedCapture implements Capture {
  readonly #capture: Capture;
  readonly #ticket: EndingTicket;

  constructor(capture: Capture, ticket: EndingTicket) {
    this.#capture = capture;
    this.#ticket = ticket;
  }

  write(piece: Uint8Array): boolean {
    const more = this.#capture.write(piece);
    if (!more) this.#ticket.finish();
    return more;
  }

  end(): void {
    this.#capture.end();
    this.#ticket.finish();
  }

  abort(): void {
    this.#capture.abort();
    this.#ticket.finish();
  }
}
