import { checkTags } from "./checks.ts";
import { type Duration, toMilliseconds } from "./duration.ts";
import type { Entry } from "./entry.ts";
import type { Settlement } from "./fill.ts";
import { nothing } from "./result-options.ts";
import type { Use } from "./use.ts";

/** What a load of many keys is handed. */
export interface LoadManyContext {
  /** Aborted when nobody waits for the load any more, and when it has taken longer than `timeout.hard`. */
  readonly signal: AbortSignal;
  /** How long what it gives is fresh. To be assigned to; goes before the option `ttl`. 0 keeps nothing. */
  ttl: Duration;
  /** Labels to invalidate by, in addition to those of the options. To be assigned to. */
  tags: readonly string[];
  /** What it gives is served and not stored; what was stored before is gone. */
  skip(): void;
}

/** What the load of a value is handed. */
export interface LoadContext extends LoadManyContext {
  /** The key, as it was given. */
  readonly key: string;
  /** The value that the new one is to replace, if it is still there. Each call decodes it anew. */
  previous<Value = unknown>(): Value | undefined;
}

/** One run of a load, for one key or for several. */
export class Loading implements LoadContext {
  readonly key: string;
  readonly #use: Use;
  readonly #stale: Entry | undefined;
  /** For how many keys it still runs. */
  #parts: number;
  #ttl: number | undefined;
  #tags: readonly string[] | undefined;
  #skipped = false;
  #controller: AbortController | undefined;
  #aborted: { readonly reason: unknown } | undefined;

  constructor(use: Use, key: string, stale: Entry | undefined, parts = 1) {
    this.#use = use;
    this.key = key;
    this.#stale = stale;
    this.#parts = parts;
  }

  /** Made when it is first asked for: most loads never do. */
  get signal(): AbortSignal {
    if (this.#controller === undefined) {
      this.#controller = new AbortController();
      if (this.#aborted !== undefined) this.#controller.abort(this.#aborted.reason);
    }
    return this.#controller.signal;
  }

  get ttl(): Duration {
    return this.#ttl ?? this.#use.ttl;
  }

  set ttl(ttl: Duration) {
    this.#ttl = toMilliseconds(ttl, "ttl");
  }

  get tags(): readonly string[] {
    return this.#tags ?? [];
  }

  set tags(tags: readonly string[]) {
    this.#tags = checkTags(tags);
  }

  skip(): void {
    this.#skipped = true;
  }

  previous<Value>(): Value | undefined {
    if (this.#stale === undefined) return undefined;
    try {
      return this.#use.packing.unpack(this.#stale) as Value;
    } catch {
      return undefined;
    }
  }

  /** What it gives is of no use any more for one of its keys. With the last one, the signal is aborted. */
  release(reason: unknown): void {
    this.#parts--;
    if (this.#parts > 0 || this.#aborted !== undefined) return;
    this.#aborted = { reason };
    this.#controller?.abort(reason);
  }

  /** What was said about the entry, here and by the result. */
  settlement(said: Settlement = {}): Settlement {
    if (this.#skipped || said === nothing) return nothing;
    const ttl = this.#ttl ?? said.ttl ?? this.#use.ttl;
    // Not even for a time when it would be stale.
    if (ttl === 0) return nothing;
    const tags = this.#tags === undefined ? said.tags : [...this.#tags, ...(said.tags ?? [])];
    return tags === undefined ? { ttl } : { ttl, tags };
  }
}
