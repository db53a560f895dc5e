import type { Capture, MissTicket, ResponseHead } from "@cachette/core/http";
import type { Answer } from "./answer.ts";
import { bytesOf, isChunk } from "./chunk.ts";
import { hideConditions } from "./hidden-conditions.ts";
import type { Incoming } from "./request-view.ts";
import { FieldSnapshot, setFields, setGiven } from "./response-fields.ts";
import { Tap } from "./tap.ts";

/**
 * Tells the ticket what the handlers behind answer, and adds what the ticket wants to be said. Until the answer ends,
 * the handlers do not see the conditions in the request.
 */
export function recordAnswer(ticket: MissTicket, request: Incoming, response: Answer): void {
  new Recorder(ticket, request, response);
}

class Recorder {
  readonly #ticket: MissTicket;
  readonly #response: Answer;
  readonly #fields: FieldSnapshot;
  readonly #showConditions: () => void;
  readonly #writeHead: Tap<Answer, "writeHead">;
  readonly #flushHeaders: Tap<Answer, "flushHeaders">;
  readonly #write: Tap<Answer, "write">;
  readonly #end: Tap<Answer, "end">;
  readonly #destroy: Tap<Answer, "destroy">;
  /** Waiting for the answer, following its body, or done with it. */
  #state: "waiting" | "following" | "done" = "waiting";
  #capture: Capture | undefined;

  constructor(ticket: MissTicket, request: Incoming, response: Answer) {
    this.#ticket = ticket;
    this.#response = response;
    this.#fields = new FieldSnapshot(response);
    this.#showConditions = hideConditions(request);
    this.#writeHead = new Tap(response, "writeHead", (values) => this.#onWriteHead(values));
    this.#flushHeaders = new Tap(response, "flushHeaders", (values) => this.#onFlushHeaders(values));
    this.#write = new Tap(response, "write", (values) => this.#onWrite(values));
    this.#end = new Tap(response, "end", (values) => this.#onEnd(values));
    this.#destroy = new Tap(response, "destroy", (values) => this.#onDestroy(values));
    if (response.destroyed) this.#goOnWithout();
    else response.once("close", this.#onClose);
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
    Object.defineProperty(this.#response, "headersSent", { value: true, configurable: true });
    return this.#response;
  }

  #onFlushHeaders(values: unknown[]): unknown {
    if (this.#state === "waiting") this.#follow();
    return this.#flushHeaders.call(values);
  }

  #onWrite(values: unknown[]): unknown {
    const [chunk, encoding] = values;
    // As in `#onEnd`.
    if (this.#state === "waiting" && isChunk(chunk)) this.#follow();
    const goOn = this.#passing(() => this.#write.call(values));
    if (this.#capture?.write(bytesOf(chunk, encoding)) === false) this.#finish();
    return goOn;
  }

  #onEnd(values: unknown[]): unknown {
    const [chunk, encoding] = values;
    // What is no chunk makes Node throw, and nothing is sent.
    const sound = !chunk || typeof chunk === "function" || isChunk(chunk);
    if (this.#state === "waiting") return sound ? this.#answer(values) : this.#end.call(values);
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
    if (this.#state === "waiting") this.#goOnWithout();
    else this.#capture?.abort();
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

  /** The whole answer is there. */
  #answer(values: unknown[]): unknown {
    const response = this.#response;
    // What Node does not send with such a status is no part of the answer.
    const [chunk, encoding] = response.statusCode === 204 || response.statusCode === 304 ? [] : values;
    const { set, notModified, remove } = this.#ticket.commit(this.#head(), bytesOf(chunk, encoding));
    this.#finish();
    setFields(response, set);
    if (!notModified) return this.#end.call(values);
    for (const name of remove) response.removeHeader(name);
    response.statusCode = 304;
    response.statusMessage = "";
    return this.#end.call(values.filter((value) => typeof value === "function"));
  }

  /** The head goes out now, and the body follows. */
  #follow(): void {
    // Nothing more can be written to a client that is gone, so the body would never come to its end.
    if (this.#response.destroyed) {
      this.#giveUp();
      return;
    }
    this.#state = "following";
    const { set, capture } = this.#ticket.stream(this.#head());
    this.#capture = capture;
    if (capture === undefined) this.#finish();
    Reflect.deleteProperty(this.#response, "headersSent");
    setFields(this.#response, set);
  }

  #giveUp(): void {
    this.#ticket.abandon();
    this.#finish();
  }

  /** Leaves the response as if it had never been touched. */
  #finish(): void {
    this.#state = "done";
    this.#capture = undefined;
    for (const tap of [this.#writeHead, this.#flushHeaders, this.#write, this.#end, this.#destroy]) tap.remove();
    Reflect.deleteProperty(this.#response, "headersSent");
    this.#response.off("close", this.#onClose).off("newListener", this.#onListener);
    this.#showConditions();
  }

  /** What cannot be written must not be stored. */
  #passing(write: () => unknown): unknown {
    try {
      return write();
    } catch (error) {
      this.#capture?.abort();
      if (this.#state === "following") this.#finish();
      throw error;
    }
  }

  #head(): ResponseHead {
    return { status: this.#response.statusCode, fields: this.#fields.changes() };
  }
}

const writing: ReadonlySet<unknown> = new Set(["close", "drain", "error", "finish", "unpipe"]);
