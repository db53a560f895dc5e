import type { Entry } from "./entry.ts";
import type { Lease } from "./lease.ts";
import type { Policy } from "./policy.ts";
import type { Lookup } from "./store.ts";

/** How a load ended, as those who waited for it are told. */
export type Outcome =
  /** It gave a value, which others may have too; under another key than the one looked up, if there is an index. */
  | { readonly type: "entry"; readonly entry: Entry; readonly index?: Entry | undefined }
  /** It gave a value that cannot be encoded; those who waited get the very same one. */
  | { readonly type: "value"; readonly value: unknown }
  | { readonly type: "error"; readonly error: unknown }
  /**
   * It gave nothing that others may have as it is. `stale`: an entry to ask about, in place of what was found before;
   * `null`: what was found before is of no use any more.
   */
  | { readonly type: "none"; readonly stale?: Entry | null | undefined }
  /** It was given up for another one that begins just now. */
  | { readonly type: "yielded" };

/** A load under way, and those in this process who wait for it. */
export class Flight {
  readonly key: string;
  /** The key of the index that led to `key`: what is done to that key is done to this load as well. */
  readonly under: string | undefined;
  /** What was known when it began. */
  lookup: Lookup;
  readonly outcome: Promise<Outcome>;
  /** All labels of what it loads; those that only the result knows are added when it ends. */
  labels: readonly string[];
  waiting = 0;
  /** It had to wait for the load of another process. */
  queued = false;
  /** What gives it the right to be stored, where there are leases. */
  lease: Lease | undefined;
  /** It began without one, as none was to be had: a removal in another process would not be noticed. */
  unleased = false;
  /** How often the lease was asked for. */
  attempts = 0;
  /** Which of these attempts found what another process has stored, if that is its outcome. */
  foundBy = -1;
  /** There was an entry when the lease was taken. Other processes may have copies of it. */
  replaces = false;
  /** Whole milliseconds that it took, once it has ended well. */
  loadTime = 0;
  /** What is to be done when nobody waits any more; set when whoever began it has gone. */
  giveUp: (() => void) | undefined;
  /** It has taken too long to be waited for. */
  slow = false;
  /** Set when the key was deleted or set meanwhile: what is loaded reaches those who wait and is not stored. */
  fenced = false;
  /** The outcome, once it is there. */
  ended: Outcome | undefined;
  /** Whether a purge has touched what it loaded, asked once for all who had waited when it ended. */
  validity: Promise<boolean | undefined> | undefined;
  #resolve!: (outcome: Outcome) => void;
  /** What those who wait do when it turns out to be slow. */
  readonly #impatient = new Set<() => void>();

  constructor(key: string, { labels, under }: Pick<Policy, "labels" | "under">, lookup: Lookup) {
    this.key = key;
    this.under = under;
    this.lookup = lookup;
    this.labels = labels;
    this.outcome = new Promise((resolve) => {
      this.#resolve = resolve;
    });
  }

  /** Calls `leave` if this turns out to be slow, unless what is given back was called before. */
  onSlow(leave: () => void): () => void {
    this.#impatient.add(leave);
    return () => this.#impatient.delete(leave);
  }

  /** One of those who wait goes away. */
  leave(): void {
    this.waiting--;
    if (this.waiting === 0) this.giveUp?.();
  }

  turnSlow(): void {
    this.slow = true;
    for (const leave of [...this.#impatient]) leave();
  }

  settle(outcome: Outcome): void {
    this.ended = outcome;
    this.#resolve(outcome);
  }
}
