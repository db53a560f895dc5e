import type { InputWatch } from "../http/index.ts";

/**
 * A watch that can be silent: what the cache itself, the framework or earlier middleware reads while an answer is on
 * its way out is none of the handler's doing.
 */
export class Watching implements InputWatch {
  readonly #watch: InputWatch;
  #silent = false;

  constructor(watch: InputWatch) {
    this.#watch = watch;
  }

  get identity(): readonly string[] {
    return this.#watch.identity;
  }

  field(name: string): void {
    if (!this.#silent) this.#watch.field(name);
  }

  fields(): void {
    if (!this.#silent) this.#watch.fields();
  }

  cookie(name: string): void {
    if (!this.#silent) this.#watch.cookie(name);
  }

  attached(name: string): void {
    if (!this.#silent) this.#watch.attached(name);
  }

  address(): void {
    if (!this.#silent) this.#watch.address();
  }

  /** Calls `task`, and hears nothing of what it reads. What it goes on to do later is heard. */
  silently<Result>(task: () => Result): Result {
    const before = this.#silent;
    this.#silent = true;
    try {
      return task();
    } finally {
      this.#silent = before;
    }
  }
}
