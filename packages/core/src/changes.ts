/** Changes of single keys by hand. Of those that overlap, the one that came last has the last word. */
export class Changes {
  readonly #last = new Map<string, Promise<unknown>>();

  /**
   * Makes a change. `change` is handed a function that gives the later change of the same key, if there is one by now.
   */
  make<T>(key: string, change: (later: () => Promise<unknown> | undefined) => Promise<T>): Promise<T> {
    const isLast = () => this.#last.get(key) === own;
    const own: Promise<T> = change(() => (isLast() ? undefined : (this.#last.get(key) ?? Promise.resolve())));
    this.#last.set(key, own);
    const end = () => {
      if (isLast()) this.#last.delete(key);
    };
    own.then(end, end);
    return own;
  }
}
