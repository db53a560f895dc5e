import type { InputWatch } from "./inputs.ts";
import type { HeaderFields, Reply, ResponseHead } from "./response.ts";

/**
 * What an adapter has to do with one request. `bypass`: run the handler and touch nothing else. `hit`: send the reply,
 * and do not run the handler. `miss`: run the handler and say how that ended. `stale`: send the reply now, and then run
 * the handler once more in the background.
 */
export type Ticket = BypassTicket | HitTicket | StaleTicket | MissTicket;

export interface BypassTicket {
  readonly state: "bypass";
  /** To be set on the answer, before the handler runs; the handler may replace them. */
  readonly fields: HeaderFields;
  /**
   * If it is there, it must be called when the handler's head is known, before that is sent: what the request changed
   * is then no longer served. The head must wait for the promise, which never rejects.
   */
  readonly settled?: (head: ResponseHead) => void | Promise<void>;
}

/** An answer that is no longer fresh, but good enough for now. */
export interface StaleTicket {
  readonly state: "stale";
  /** As in a hit. */
  readonly reply: Reply;
  /**
   * To be carried out by running the handler for the same request again, in the background, after the reply; without a
   * client. `undefined`: somebody else does it already.
   */
  readonly refresh: MissTicket | undefined;
}

export interface HitTicket {
  readonly state: "hit";
  /** Its fields replace those of the same name that earlier middleware has set; all others stay. */
  readonly reply: Reply;
}

/**
 * The handler must run, without seeing the request's `If-*` and `Range` fields: they speak of what the client has, and
 * would make the handler answer with a 304 or a part. `conditionalFields` names them.
 *
 * Exactly one of `commit`, `stream`, `abandon`, `giveWay` ends the ticket; what is called later does nothing, so an adapter may
 * call `abandon` from every place where a request can come to its end.
 */
export interface MissTicket {
  readonly state: "miss";

  /**
   * Request fields to be shown to the handler in place of the hidden ones, names in lower case: they ask whether a
   * stored answer still holds. Usually none.
   */
  readonly ask: HeaderFields;

  /** To be told what the handler reads, from now on until the ticket has ended. */
  readonly watch: InputWatch;

  /**
   * The request target to be shown to the handler in place of the received one, by all doors to it; `undefined`: as it
   * was received.
   */
  readonly target: string | undefined;

  /**
   * The whole answer is there and nothing has been sent. `fields` are those that the handler set or changed, not what
   * earlier middleware had set before `begin`: those run again on a hit.
   */
  commit(head: ResponseHead, body: Uint8Array): Verdict;

  /**
   * The head is about to be sent, and the body follows in pieces of unknown number. The pieces go on to the client as
   * they come, and to the capture, which keeps a bounded copy.
   */
  stream(head: ResponseHead): StreamVerdict;

  /** The handler failed, or the answer will not be complete. Others who wait for it run the handler themselves. */
  abandon(): void;

  /**
   * The same request has come to another cached handler behind this one, whose cache answers it: to be called before
   * that one is asked, with the request shown as it came. Those who wait go on at once; later verdicts change nothing.
   */
  giveWay(): void;

  /**
   * The client is gone before there was an answer. If nobody else waits for it, this is `abandon`. Otherwise the
   * handler's answer, should it come, still serves those who wait: call `commit` or `stream` as usual.
   */
  clientGone(): void;
}

/** How the handler's answer must be sent. */
export interface Verdict {
  /** To be sent in place of the handler's answer, which is dropped; the rest of the verdict is then of no meaning. */
  readonly reply: Reply | undefined;
  /** Fields to set, in place of those with the same name. */
  readonly set: HeaderFields;
  /** What the client has is what the handler made: send status 304, no body, and without the fields in `remove`. */
  readonly notModified: boolean;
  /** Names of fields to take away, in lower case. Empty unless `notModified`. */
  readonly remove: readonly string[];
}

export interface StreamVerdict {
  /** As in `Verdict`; the handler's pieces are dropped. */
  readonly reply: Reply | undefined;
  /** Fields to set before the head is sent. */
  readonly set: HeaderFields;
  /** Takes the copy; `undefined` if none is wanted, and then the ticket has ended. */
  readonly capture: Capture | undefined;
}

/** Takes a copy of a body on its way to the client. Ends the ticket with `end` or `abort`, or by itself when it is full. */
export interface Capture {
  /** Takes a piece, copying it. `false`: no more are wanted. */
  write(piece: Uint8Array): boolean;
  /** The body is complete. */
  end(): void;
  /** The body will not be complete. */
  abort(): void;
}

/** Request fields that the handler must not see while it fills the cache, in lower case. */
export const conditionalFields: readonly string[] = [
  "if-match",
  "if-none-match",
  "if-modified-since",
  "if-unmodified-since",
  "if-range",
  "range",
];
