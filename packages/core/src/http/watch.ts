/** Inputs other than header fields that a handler may read. What an adapter calls them is shown to people. */
export type InputName = string;

/**
 * What a handler has read of its request while it filled the cache. An adapter tells it; `core/http` judges it when the
 * answer is there. It is open from `begin` to the end of the ticket: what is read before or after does not count.
 */
export interface Watch {
  /** One header field was read, whether the request has it or not. `name` in any case. */
  field(name: string): void;
  /** All header fields were read at once: listed, copied, passed on. */
  allFields(): void;
  /** Something else was read that differs from client to client: `"user"`, `"session"`, `"cookies"`, `"ip"`. */
  input(name: InputName): void;
  /** Names of values on the request, set by earlier middleware, that mean a person. */
  readonly identity: ReadonlySet<string>;
}

/** The watch over one fill. */
export class Inputs implements Watch {
  readonly identity: ReadonlySet<string>;
  /** In lower case. */
  readonly fields = new Set<string>();
  readonly others = new Set<InputName>();
  all = false;
  #open = true;

  constructor(identity: ReadonlySet<string>) {
    this.identity = identity;
  }

  field(name: string): void {
    if (this.#open) this.fields.add(name.toLowerCase());
  }

  allFields(): void {
    if (this.#open) this.all = true;
  }

  input(name: InputName): void {
    if (this.#open) this.others.add(name);
  }

  close(): void {
    this.#open = false;
  }
}
