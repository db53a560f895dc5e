/** More than this, and all are forgotten: they only save work, so that does no harm. */
const most = 10_000;

/** Keys of which something is known for a short while. */
export class Reminders {
  readonly #until = new Map<string, number>();

  set(key: string, until: number): void {
    if (this.#until.size >= most) this.#until.clear();
    this.#until.set(key, until);
  }

  has(key: string, now: number): boolean {
    if (this.#until.size === 0) return false;
    const until = this.#until.get(key);
    if (until === undefined) return false;
    if (until > now) return true;
    this.#until.delete(key);
    return false;
  }

  delete(key: string): void {
    this.#until.delete(key);
  }
}
