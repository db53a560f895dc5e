type Method = (...values: unknown[]) => unknown;

/** A function in front of a method of one object. */
export class Tap<Target extends object, Name extends keyof Target & string> {
  readonly #target: Target;
  readonly #name: Name;
  readonly #tapped: Method;
  readonly #replacement: Method;

  constructor(target: Target, name: Name, replacement: (values: unknown[]) => unknown) {
    this.#target = target;
    this.#name = name;
    this.#tapped = target[name] as Method;
    // By a name of its own: V8 puts functions that are written where they are assigned among the old at once, where this
    // one would keep the response, and all that it leads to, from being collected with the young.
    const tap: Method = (...values) => replacement(values);
    this.#replacement = tap;
    Object.defineProperty(target, name, { value: this.#replacement, writable: true, configurable: true });
  }

  /** The method as it was. */
  call(values: readonly unknown[]): unknown {
    return Reflect.apply(this.#tapped, this.#target, values);
  }

  /** Whether somebody has put another function in front of it. */
  get isCovered(): boolean {
    return this.#target[this.#name] !== this.#replacement;
  }

  /** Puts the method back, unless somebody has put another one in front of it. Nothing is deleted: see `shadow`. */
  remove(): void {
    if (!this.isCovered) Reflect.set(this.#target, this.#name, this.#tapped);
  }
}
