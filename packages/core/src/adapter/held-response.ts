import type { BypassTicket, ResponseHead } from "../http/index.ts";
import { fieldsOf, isChunk, isEnd, type NodeResponse, setGiven, showSent } from "./node-response.ts";
import { Tap } from "./tap.ts";

type Settled = NonNullable<BypassTicket["settled"]>;

/** Tells `settled` the head of the handler's answer, and lets nothing of it out before that is done. */
export function holdResponse(settled: Settled, response: NodeResponse): void {
  new HeldResponse(settled, response);
}

class HeldResponse {
  readonly #settled: Settled;
  readonly #response: NodeResponse;
  readonly #letGo: () => void;
  /** What is to be sent later, in this order. No list: see `Visit`. */
  readonly #later = new Set<() => unknown>();
  #hideSent: (() => void) | undefined;
  #state: "waiting" | "holding" | "done" = "waiting";

  constructor(settled: Settled, response: NodeResponse) {
    this.#settled = settled;
    this.#response = response;
    const writeHead: Tap<NodeResponse, "writeHead"> = new Tap(response, "writeHead", (values) =>
      this.#onWriteHead(writeHead, values),
    );
    const flushHeaders: Tap<NodeResponse, "flushHeaders"> = new Tap(response, "flushHeaders", (values) =>
      this.#send(() => flushHeaders.call(values), undefined),
    );
    const write: Tap<NodeResponse, "write"> = new Tap(response, "write", (values) =>
      isChunk(values[0]) ? this.#send(() => write.call(values), false) : write.call(values),
    );
    const end: Tap<NodeResponse, "end"> = new Tap(response, "end", (values) =>
      isEnd(values[0]) ? this.#send(() => end.call(values), response) : end.call(values),
    );
    const letGo = () => {
      for (const tap of [writeHead, flushHeaders, write, end]) tap.remove();
    };
    this.#letGo = letGo;
  }

  /** Goes through at once: Node sends the head together with what comes after it. */
  #onWriteHead(tap: Tap<NodeResponse, "writeHead">, values: unknown[]): unknown {
    if (this.#state !== "waiting") return tap.call(values);
    const [status, reason, fields] = values;
    setGiven(this.#response, fields ?? reason);
    tap.call(typeof reason === "string" ? [status, reason] : [status]);
    this.#settle();
    return this.#response;
  }

  /** Sends now or later. `meanwhile`: what the caller gets in the latter case. */
  #send(send: () => unknown, meanwhile: unknown): unknown {
    if (this.#state === "waiting") this.#settle();
    if (this.#state === "done") return send();
    this.#later.add(send);
    this.#hideSent ??= showSent(this.#response);
    return meanwhile;
  }

  #settle(): void {
    const response = this.#response;
    const head: ResponseHead = { status: response.statusCode, fields: fieldsOf(response) };
    const settling = this.#settled(head);
    this.#state = "holding";
    if (settling === undefined) this.#release();
    else settling.then(() => this.#release());
  }

  #release(): void {
    const response = this.#response;
    this.#state = "done";
    this.#letGo();
    this.#hideSent?.();
    let last: unknown;
    try {
      for (const send of this.#later) last = send();
    } catch (error) {
      response.destroy(error instanceof Error ? error : undefined);
    }
    // Whoever wrote was told to wait.
    if (last === true) response.emit("drain");
  }
}
