import type { Connection } from "./connection.ts";

/** The part of a client that listens, alike for one server and for a cluster. */
export interface Listener {
  readonly status: string;
  connect(): Promise<void>;
  disconnect(reconnect?: boolean): void;
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
 * A connection of its own on which messages come. Whether it still stands is seen by words that are sent to it in the
 * same way as all messages: a connection that has fallen silent looks like one on which nothing happens.
 */
export class Subscriber {
  readonly #connection: Connection;
  readonly #open: () => Listener;
  /** By channel. */
  readonly #subscriptions = new Map<string, Subscription>();
  readonly #beat = `cachette:beat:${crypto.randomUUID()}`;
  #listener: Listener | undefined;
  #timer: NodeJS.Timeout | undefined;
  #standing = false;
  #heardAt = 0;

  /** `open` makes a client that is not connected yet, and subscribes to nothing by itself. */
  constructor(connection: Connection, open: () => Listener) {
    this.#connection = connection;
    this.#open = open;
  }

  /** Calls `subscription` until what is given back is called. One for each channel. */
  add(channel: string, subscription: Subscription): () => void {
    this.#subscriptions.set(channel, subscription);
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
    this.#fall();
    this.#listener?.disconnect();
    this.#listener = undefined;
  }

  #start(): void {
    const listener = this.#open();
    this.#listener = listener;
    const current = (task: () => void) => () => {
      if (this.#listener === listener) task();
    };
    listener.on("message", (channel, text) => {
      if (channel === this.#beat) this.#heardAt = performance.now();
      else if (this.#listener === listener) this.#subscriptions.get(channel)?.message(text);
    });
    listener.on(
      "ready",
      current(() => this.#subscribe(listener)),
    );
    for (const event of ["close", "end", "error"] as const)
      listener.on(
        event,
        current(() => this.#fall()),
      );
    // What comes of it is seen by the events.
    listener.connect().catch(() => {});
    this.#timer = setInterval(() => this.#check(listener), beatEvery).unref();
  }

  async #subscribe(listener: Listener): Promise<void> {
    this.#fall();
    try {
      await listener.subscribe(this.#beat, ...this.#subscriptions.keys());
    } catch {
      // Tried again at the next beat.
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

  #check(listener: Listener): void {
    if (!this.#standing) {
      if (listener.status === "ready") this.#subscribe(listener);
      return;
    }
    if (performance.now() - this.#heardAt > beatWithin) {
      this.#fall();
      listener.disconnect(true);
      return;
    }
    this.#connection.call("publish", this.#beat, "").catch(() => {});
  }
}
