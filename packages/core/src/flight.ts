import type { Entry } from "./entry.ts";
import type { Lookup } from "./store.ts";

/** How a load ended, as those who waited for it are told. */
export type Outcome =
  /** It gave a value, which others may have too. */
  | { readonly type: "entry"; readonly entry: Entry }
  /** It gave a value that cannot be encoded; those who waited get the very same one. */
  | { readonly type: "value"; readonly value: unknown }
  | { readonly type: "error"; readonly error: unknown }
  /** It gave nothing that others may have. */
  | { readonly type: "none" };

/** A load under way, and those in this process who wait for it. */
export class Flight {
  /** What was known when it began. */
  readonly lookup: Lookup;
  readonly outcome: Promise<Outcome>;
  /** All labels of what it loads; those that only the result knows are added when it ends. */
  labels: readonly string[];
  waiting = 0;
  /** Set when the key was deleted or set meanwhile: what is loaded reaches those who wait and is not stored. */
  fenced = false;
  /** The outcome, once it is there. */
  ended: Outcome | undefined;
  /** Whether a purge has touched what it loaded, asked once for all who had waited when it ended. */
  validity: Promise<boolean | undefined> | undefined;
  #resolve!: (outcome: Outcome) => void;

  constructor(lookup: Lookup, labels: readonly string[]) {
    this.lookup = lookup;
    this.labels = labels;
    this.outcome = new Promise((resolve) => {
      this.#resolve = resolve;
    });
  }

  settle(outcome: Outcome): void {
    this.ended = outcome;
    this.#resolve(outcome);
  }
}
