import { CachetteError } from "@cachette/core";
import { type CommandArgument, type Commands, call } from "./client.ts";
import { withoutCommand } from "./without-command.ts";

/** The states of a client on its way to the first connection. */
const opening = ["wait", "connecting", "connect"];

const outcomes = ["ready", "close", "end"] as const;

/**
 * Whether commands can be sent. While the very first connection is being made, callers wait for it, all of them with
 * one set of listeners; at any other time a client that is not connected makes them fail at once, instead of filling
 * the queue in which ioredis keeps commands for later.
 */
export class Connection {
  readonly #client: Commands;
  readonly #lastError: () => Error | undefined;
  /** Whether an attempt to connect has come to an end, good or bad. */
  #attempted = false;
  #closed = false;
  #opening: Promise<void> | undefined;
  #stopWaiting: () => void = () => {};

  /** `lastError` tells what the connection suffers from, where that is known. */
  constructor(client: Commands, lastError: () => Error | undefined = () => undefined) {
    this.#client = client;
    this.#lastError = lastError;
  }

  /** What the client puts before every key, channels excepted. */
  get prefix(): string {
    return this.#client.options?.keyPrefix ?? "";
  }

  /** The client itself, to reach the servers behind it. */
  get client(): Commands {
    return this.#client;
  }

  /**
   * Sends a command as soon as that is possible, which is at once or never. Texts come back as bytes.
   *
   * @throws CachetteError `BACKEND_UNAVAILABLE` without a connection; what Redis or the client reports, as it is
   */
  async call(name: string, ...args: readonly CommandArgument[]): Promise<unknown> {
    const waiting = this.#readiness();
    if (waiting !== undefined) await waiting;
    try {
      return await call(this.#client, this.prefix, name, ...args);
    } catch (error) {
      throw withoutCommand(error);
    }
  }

  /** Lets go of all listeners; who still waits is told that it is in vain. */
  close(): void {
    this.#closed = true;
    this.#stopWaiting();
  }

  /** `undefined` when commands can be sent now, or a promise for the moment when they can. */
  #readiness(): Promise<void> | undefined {
    const { status } = this.#client;
    if (this.#closed) throw this.#unavailable("this backend is closed");
    if (status === "ready") {
      this.#attempted = true;
      return undefined;
    }
    if (this.#attempted || !opening.includes(status)) {
      throw this.#unavailable(`the connection is in state "${status}"`);
    }
    this.#opening ??= this.#open();
    return this.#opening;
  }

  #open(): Promise<void> {
    const client = this.#client;
    return new Promise((resolve, reject) => {
      this.#stopWaiting = () => {
        for (const event of outcomes) client.off(event, this.#stopWaiting);
        this.#attempted = true;
        this.#opening = undefined;
        if (this.#closed) reject(this.#unavailable("this backend is closed"));
        else if (client.status === "ready") resolve();
        else reject(this.#unavailable(`the first connection ended in state "${client.status}"`));
      };
      for (const event of outcomes) client.on(event, this.#stopWaiting);
      // What comes of it is seen by the events.
      if (client.status === "wait") client.connect().catch(() => {});
    });
  }

  #unavailable(why: string): CachetteError {
    const cause = this.#closed ? undefined : this.#lastError();
    const message = `Redis is not available: ${why}`;
    return new CachetteError({
      code: "BACKEND_UNAVAILABLE",
      message,
      ...(cause === undefined ? undefined : { cause }),
    });
  }
}
