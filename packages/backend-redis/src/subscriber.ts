import type { Connection } from "./connection.ts";

/** The part of a client of one server that listens. */
export interface Listener {
  readonly status: string;
  connect(): Promise<void>;
  disconnect(): void;
  subscribe(...channels: string[]): Promise<unknown>;
  unsubscribe(...channels: string[]): Promise<unknown>;
  on(event: "message", listener: (channel: string, message: string) => void): unknown;
  on(event: "ready" | "close" | "end" | "error", listener: () => void): unknown;
}

export interface Subscription {
  message(text: string): void;
  /** From now on, every message arrives. */
  ready(): void;
  /** Messages may be missing. Called once for each `ready`. */
  lost(): void;
}

/** How often a word is sent to itself, and how long it may be on its way, in milliseconds. */
const beatEvery = 500;
const beatWithin = 1_500;

/**
 * A connection of its own on which messages come, to one server. Whether it still stands is seen by words that are sent
 * to it in the same way as all messages: a connection that has fallen silent looks like one on which nothing happens. One
 * that has broken is never mended behind anybody's back, but made anew, to a server that is there by then.
 */
export class Subscriber {
  readonly #connection: Connection;
  readonly #open: () => Listener | undefined;
  /** By channel. */
  readonly #subscriptions = new Map<string, Subscription>();
  readonly #beat = `cachette:beat:${crypto.randomUUID()}`;
  #listener: Listener | undefined;
  #timer: NodeJS.Timeout | undefined;
  #standing = false;
  #heardAt = 0;

  /** `open` makes a client that is not connected yet and never reconnects; nothing while no server is known. */
  constructor(connection: Connection, open: () => Listener | undefined) {
    this.#connection = connection;
    this.#open = open;
  }

  /** Calls `subscription` until what is given back is called. One for each channel. */
  add(channel: string, subscription: Subscription): () => void {
    this.#subscriptions.set(channel, subscription);
    this.#timer ??= setInterval(() => this.#check(), beatEvery).unref();
    if (this.#listener === undefined) this.#start();
    else if (this.#listener.status === "ready") this.#subscribe(this.#listener);
    return () => {
      this.#subscriptions.delete(channel);
      if (this.#subscriptions.size === 0) this.close();
      else this.#listener?.unsubscribe(channel).catch(() => {});
    };
  }

  close(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
    this.#drop();
  }

  #start(): void {
    const listener = this.#open();
    if (listener === undefined) return;
    this.#listener = listener;
    listener.on("message", (channel, text) => {
      if (channel === this.#beat) this.#heardAt = performance.now();
      else if (this.#listener === listener) this.#subscriptions.get(channel)?.message(text);
    });
    listener.on("ready", () => {
      if (this.#listener === listener) this.#subscribe(listener);
    });
    // What an error comes to is seen by the others.
    listener.on("error", () => {});
    for (const event of ["close", "end"] as const) {
      listener.on(event, () => {
        if (this.#listener === listener) this.#drop();
      });
    }
    listener.connect().catch(() => {});
  }

  async #subscribe(listener: Listener): Promise<void> {
    this.#fall();
    try {
      await listener.subscribe(this.#beat, ...this.#subscriptions.keys());
    } catch {
      if (this.#listener === listener) this.#drop();
      return;
    }
    if (this.#listener !== listener) return;
    this.#standing = true;
    this.#heardAt = performance.now();
    for (const subscription of this.#subscriptions.values()) subscription.ready();
  }

  #fall(): void {
    if (!this.#standing) return;
    this.#standing = false;
    for (const subscription of this.#subscriptions.values()) subscription.lost();
  }

  /** The next beat makes another one. */
  #drop(): void {
    const listener = this.#listener;
    this.#listener = undefined;
    this.#fall();
    listener?.disconnect();
  }

  #check(): void {
    if (this.#listener === undefined) this.#start();
    else if (this.#standing && performance.now() - this.#heardAt > beatWithin) this.#drop();
    if (this.#standing) this.#connection.call("publish", this.#beat, "").catch(() => {});
  }
}
