import type { Backend, Mark, Versions } from "./backend.ts";
import { markOfFrame } from "./frame.ts";

/**
 * Gives back the memory of entries that a purge has made void, in the background. Nothing depends on it: such entries
 * are never served, and expire by themselves.
 */
export class Reclaimer {
  readonly #backend: Backend;
  readonly #versions: Versions;
  readonly #onError: (error: unknown) => void;
  /** What is being gone through, by the head of its keys; whether it has to be gone through once more. */
  readonly #running = new Map<string, { again: boolean }>();
  #stopped = false;

  constructor(backend: Backend, versions: Versions, onError: (error: unknown) => void) {
    this.#backend = backend;
    this.#versions = versions;
    this.#onError = onError;
  }

  /** Goes through all keys that begin with `head`, whose entries carry `label`. Returns at once. */
  start(head: string, label: string): void {
    const backend = this.#backend;
    if (backend.holds !== "bytes" || backend.reclaim === undefined || this.#stopped) return;
    const running = this.#running.get(head);
    if (running === undefined) this.#run(head, label, backend.reclaim.bind(backend));
    else running.again = true;
  }

  stop(): void {
    this.#stopped = true;
  }

  async #run(head: string, label: string, reclaim: Reclaim): Promise<void> {
    const run = { again: false };
    this.#running.set(head, run);
    try {
      const { mark, stamps } = await this.#versions.read([label]);
      const since = stamps[0]?.hard ?? 0;
      await reclaim(
        head,
        (start) => isVoid(markOfFrame(start), mark, since),
        () => this.#stopped,
      );
    } catch (error) {
      this.#onError(error);
    }
    this.#running.delete(head);
    if (run.again) this.start(head, label);
  }
}

type Reclaim = (head: string, isDead: (start: Uint8Array) => boolean, stopped: () => boolean) => Promise<void>;

/** Whether an entry is of no use for ever. What cannot be read is left alone: it may be somebody else's. */
function isVoid(mark: Mark | undefined, now: Mark, since: number): boolean {
  return mark !== undefined && (mark.epoch !== now.epoch || mark.seq < since);
}
