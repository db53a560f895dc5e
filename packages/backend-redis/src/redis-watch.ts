import type { Mark, Reading, Watch } from "@cachette/core";

/** How often the event loop is seen to have read what has arrived, and how long that is relied on, in milliseconds. */
const lookEvery = 20;
const reliedOnFor = 45;

export interface WatchParts {
  /** What is known by now, if all messages have been read. */
  readonly mark: () => Mark | undefined;
  readonly read: (labels: readonly string[]) => Reading | undefined;
  readonly stop: () => void;
}

/**
 * What another process has invalidated is known here as soon as its message was read. A process that was held up may
 * have messages waiting that it has not read yet: what it knows counts only while it is known to have read lately.
 */
export class RedisWatch implements Watch {
  readonly #parts: WatchParts;
  readonly #timer: NodeJS.Timeout;
  #readAt = Number.NEGATIVE_INFINITY;

  constructor(parts: WatchParts) {
    this.#parts = parts;
    // Timers run before what has arrived is read, what `setImmediate` is given runs after.
    const look = () =>
      setImmediate(() => {
        this.#readAt = performance.now();
      }).unref();
    this.#timer = setInterval(look, lookEvery).unref();
  }

  get current(): Mark | undefined {
    return performance.now() - this.#readAt < reliedOnFor ? this.#parts.mark() : undefined;
  }

  read(labels: readonly string[]): Reading | undefined {
    return this.#parts.read(labels);
  }

  close(): void {
    clearInterval(this.#timer);
    this.#parts.stop();
  }
}
