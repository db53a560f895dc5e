import { Memo } from "./memo.ts";

const most = 10_000;

/** Keys of which something is known for a short while. */
export class Reminders {
  /** Milliseconds. */
  readonly #length: number;
  readonly #since = new Memo<string, number>(most);

  constructor(length: number) {
    this.#length = length;
  }

  set(key: string, now: number): void {
    this.#since.set(key, now);
  }

  has(key: string, now: number): boolean {
    if (this.#since.size === 0) return false;
    const since = this.#since.get(key);
    if (since === undefined) return false;
    // From the future only after the clock was set back: then nobody knows how long ago it was.
    if (since <= now && now < since + this.#length) return true;
    this.#since.delete(key);
    return false;
  }

  delete(key: string): void {
    this.#since.delete(key);
  }
}
