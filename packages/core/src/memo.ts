/** What is remembered only to save work. It forgets everything when it is full, as that does no harm. */
export class Memo<Name, Value> extends Map<Name, Value> {
  readonly #most: number;

  constructor(most: number) {
    super();
    this.#most = most;
  }

  override set(name: Name, value: Value): this {
    if (this.size >= this.#most && !this.has(name)) this.clear();
    return super.set(name, value);
  }

  /** The first value that came by this name: copies would take memory, and would have to be compared. */
  first(name: Name, value: Value): Value {
    const known = this.get(name);
    if (known !== undefined) return known;
    this.set(name, value);
    return value;
  }
}
