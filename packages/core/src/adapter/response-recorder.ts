import type { Capture, HeaderFields, MissTicket, Reply, ResponseHead } from "../http/index.ts";
import { changedFields, fieldRecord } from "./fields.ts";
import { process } from "./node.ts";
import {
  bodyOf,
  bytesOf,
  callbacksOf,
  fieldsOf,
  forSending,
  isChunk,
  isEnd,
  type NodeResponse,
  restoreFields,
  setFields,
  setGiven,
  showSent,
} from "./node-response.ts";
import { orAbandon } from "./or-abandon.ts";
import { Tap } from "./tap.ts";
import { Watching } from "./watching.ts";

export interface RecorderOptions {
  /** The connection that the request came in on. */
  readonly socket: { readonly readableEnded: boolean; readonly errored: unknown };
  /** Shows the handlers the request as the ticket wants it to be seen, and gives the way back. */
  readonly show: (watching: Watching) => () => void;
  /** Is called when the rest of the answer is of no use to the ticket any more. */
  readonly unwanted?: (() => void) | undefined;
}

/**
 * Tells a ticket what handlers answer by a response of Node's `http`, and adds what the ticket wants to be said, or sends
 * its reply instead. Nothing is held back but the head, until there is something after it.
 */
export class ResponseRecorder {
  readonly #ticket: MissTicket;
  readonly #response: NodeResponse;
  readonly #socket: RecorderOptions["socket"];
  readonly #unwanted: () => void;
  /** What was set before the handler. */
  readonly #before: HeaderFields;
  /** Silent while what stands before the cache is called: it may read what it likes. */
  readonly #watching: Watching;
  readonly #showReceived: () => void;
  readonly #writeHead: Tap<NodeResponse, "writeHead">;
  readonly #flushHeaders: Tap<NodeResponse, "flushHeaders">;
  readonly #write: Tap<NodeResponse, "write">;
  readonly #end: Tap<NodeResponse, "end">;
  readonly #destroy: Tap<NodeResponse, "destroy">;
  /** Waiting for the answer, following its body, dropping it as another one went out in its place, or done with it. */
  #state: "waiting" | "following" | "dropping" | "done" = "waiting";
  #capture: Capture | undefined;
  #hideSent: (() => void) | undefined;

  constructor(ticket: MissTicket, response: NodeResponse, { socket, show, unwanted = () => {} }: RecorderOptions) {
    this.#ticket = ticket;
    this.#response = response;
    this.#socket = socket;
    this.#unwanted = unwanted;
    this.#before = fieldsOf(response);
    this.#watching = new Watching(ticket.watch);
    this.#showReceived = orAbandon(ticket, () => show(this.#watching));
    this.#writeHead = new Tap(response, "writeHead", (values) => this.#onWriteHead(values));
    this.#flushHeaders = new Tap(response, "flushHeaders", (values) => this.#onFlushHeaders(values));
    this.#write = new Tap(response, "write", (values) => this.#onWrite(values));
    this.#end = new Tap(response, "end", (values) => this.#onEnd(values));
    this.#destroy = new Tap(response, "destroy", (values) => this.#onDestroy(values));
    if (response.destroyed) this.#goOnWithout();
    else response.once("close", this.#onClose);
  }

  /** Lets go of the request: another cached handler behind has it now, and answers by itself. */
  giveWay(): void {
    if (this.#state !== "waiting") return;
    this.#ticket.giveWay();
    this.#finish();
  }

  /** The head is held back: if the whole body comes next, there may be more to say in it. */
  #onWriteHead(values: unknown[]): unknown {
    if (this.#state !== "waiting") return this.#writeHead.call(values);
    const [status, reason, fields] = values;
    if (!(typeof status === "number" && status >= 200 && status <= 999)) {
      this.#giveUp();
      return this.#writeHead.call(values);
    }
    this.#response.statusCode = status;
    if (typeof reason === "string") this.#response.statusMessage = reason;
    setGiven(this.#response, fields ?? reason);
    if (this.#hideSent !== undefined) return this.#response;
    this.#hideSent = showSent(this.#response);
    if (this.#writeHead.isCovered) this.#passCover();
    return this.#response;
  }

  /** Who stands in front of `writeHead` has said all. When the head really goes out, it is not to say it again. */
  #passCover(): void {
    const response = this.#response;
    const { writeHead } = response;
    const direct = (...values: unknown[]): unknown => {
      if (this.#state === "waiting") return this.#onWriteHead(values);
      response.writeHead = writeHead;
      return this.#writeHead.call(values);
    };
    response.writeHead = direct as typeof writeHead;
  }

  #onFlushHeaders(values: unknown[]): unknown {
    if (this.#state === "waiting" && !this.#hasNoContent) this.#follow();
    return this.#holds ? undefined : this.#passing(() => this.#flushHeaders.call(values));
  }

  #onWrite(values: unknown[]): unknown {
    const [chunk, encoding] = values;
    if (isChunk(chunk)) {
      if (this.#state === "waiting" && !this.#hasNoContent) this.#follow();
      if (this.#holds) {
        for (const callback of callbacksOf(values)) process?.nextTick(callback);
        return true;
      }
    }
    // As in `#onEnd`.
    const goOn = this.#passing(() => this.#write.call(values));
    if (this.#capture?.write(bytesOf(chunk, encoding)) === false) {
      this.#finish();
      this.#unwanted();
    }
    return goOn;
  }

  #onEnd(values: unknown[]): unknown {
    const [chunk, encoding] = values;
    // What is no chunk makes Node throw, and nothing is sent.
    if (this.#state === "waiting") return isEnd(chunk) ? this.#answer(values) : this.#end.call(values);
    if (this.#state === "dropping") {
      this.#finish();
      return this.#end.call(callbacksOf(values));
    }
    const capture = this.#capture;
    const response = this.#passing(() => this.#end.call(values));
    capture?.write(bytesOf(chunk, encoding));
    capture?.end();
    this.#finish();
    return response;
  }

  /** There will be no answer, or no end of it. */
  #onDestroy(values: unknown[]): unknown {
    if (this.#state === "waiting") this.#giveUp();
    return this.#destroy.call(values);
  }

  readonly #onClose = (): void => {
    if (this.#state !== "waiting") this.#capture?.abort();
    // Express closes the connection of an error that comes after the head: then there will be no end.
    else if (this.#hideSent !== undefined && isClosedHere(this.#socket)) this.#giveUp();
    else this.#goOnWithout();
  };

  /** The client is gone. An answer in one piece can still serve those who wait; one in pieces will not be written. */
  #goOnWithout(): void {
    this.#ticket.clientGone();
    this.#response.on("newListener", this.#onListener);
  }

  /** Who begins to stream listens for such events, and may never get to write. */
  readonly #onListener = (event: string | symbol): void => {
    if (this.#state === "waiting" && writing.has(event)) this.#giveUp();
  };

  /** Who stands in front of `writeHead`, as `on-headers` does, has fields to set at the last moment, which is now. */
  #announce(): void {
    const response = this.#response;
    if (this.#writeHead.isCovered && this.#hideSent === undefined) response.writeHead(response.statusCode);
  }

  /** The whole answer is there. */
  #answer(values: unknown[]): unknown {
    this.#announce();
    if (this.#state !== "waiting") return this.#end.call(values);
    const response = this.#response;
    // What Node does not send with such a status is no part of the answer.
    const [chunk, encoding] = this.#hasNoContent ? [] : values;
    const { reply, set, notModified, remove } = this.#ticket.commit(this.#head(), bytesOf(chunk, encoding));
    this.#finish();
    if (reply !== undefined) {
      this.#writeHeadOf(reply);
      return this.#end.call([bodyOf(reply), ...callbacksOf(values)]);
    }
    setFields(response, set);
    if (!notModified) return this.#end.call(values);
    for (const name of remove) response.removeHeader(name);
    response.statusCode = 304;
    response.statusMessage = "";
    return this.#end.call(callbacksOf(values));
  }

  /** The head goes out now, and the body follows. */
  #follow(): void {
    // Nothing more can be written to a client that is gone, so the body would never come to its end.
    if (this.#response.destroyed) {
      this.#giveUp();
      return;
    }
    this.#announce();
    if (this.#state !== "waiting") return;
    const { reply, set, capture } = this.#ticket.stream(this.#head());
    this.#hideSent?.();
    if (reply !== undefined) {
      this.#replace(reply);
      return;
    }
    this.#state = "following";
    this.#capture = capture;
    setFields(this.#response, set);
    if (capture !== undefined) return;
    this.#finish();
    this.#unwanted();
  }

  /** Sends all of the reply now. The response ends when the handler ends it, so that whatever feeds it comes to its end. */
  #replace(reply: Reply): void {
    this.#state = "dropping";
    this.#writeHeadOf(reply);
    const body = bodyOf(reply);
    if (body === undefined) this.#flushHeaders.call([]);
    else this.#write.call([body]);
    this.#unwanted();
  }

  /** On top of what earlier middleware has set, as on a hit. */
  #writeHeadOf(reply: Reply): void {
    restoreFields(this.#response, this.#before);
    this.#response.statusMessage = "";
    const { status, fields } = forSending(this.#response, reply);
    this.#writeHead.call([status, fieldRecord(fields)]);
  }

  #giveUp(): void {
    this.#ticket.abandon();
    this.#finish();
  }

  /** Leaves the response as if it had never been touched. */
  #finish(): void {
    this.#state = "done";
    this.#capture = undefined;
    this.#hideSent?.();
    // The last first, as each puts back what it found.
    for (const tap of [this.#destroy, this.#end, this.#write, this.#flushHeaders, this.#writeHead]) tap.remove();
    this.#response.off("close", this.#onClose);
    this.#response.off("newListener", this.#onListener);
    this.#showReceived();
  }

  /** What cannot be written must not be stored. */
  #passing(write: () => unknown): unknown {
    try {
      return this.#watching.silently(write);
    } catch (error) {
      this.#capture?.abort();
      if (this.#state === "following") this.#finish();
      throw error;
    }
  }

  /** Pieces are not sent: either the head already says all, or they are dropped. */
  get #holds(): boolean {
    return this.#state === "dropping" || (this.#state === "waiting" && this.#hasNoContent);
  }

  /** Such an answer is whole with its head, and its end is waited for: only a whole one says that a stored one holds. */
  get #hasNoContent(): boolean {
    const { statusCode } = this.#response;
    return statusCode === 204 || statusCode === 304;
  }

  #head(): ResponseHead {
    return { status: this.#response.statusCode, fields: changedFields(this.#before, fieldsOf(this.#response)) };
  }
}

/** Whether a connection was closed on this side: the client has neither ended it nor broken it off. */
function isClosedHere({ readableEnded, errored }: RecorderOptions["socket"]): boolean {
  return !readableEnded && !errored;
}

const writing: ReadonlySet<unknown> = new Set(["close", "drain", "error", "finish", "unpipe"]);
