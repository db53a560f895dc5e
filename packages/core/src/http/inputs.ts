/**
 * Is told by an adapter what a handler reads while it fills the cache: from the ticket to its end, and by whatever door
 * the framework has. What a hit would not repeat, because it is in no key, must not be found in what is stored.
 *
 * The adapter changes nothing that the handler sees, and calls this as the handler reads. What it cannot watch it names
 * in its documentation.
 */
export interface InputWatch {
  /**
   * Names under which earlier middleware attaches who the request is from: `"user"`, `"session"` and the like. Those to
   * be watched wherever the framework lets values be attached; reading one of them is `attached`.
   */
  readonly identity: readonly string[];
  /** A request field was asked for by its name, whether there is one or not. `name` in lower case. */
  field(name: string): void;
  /** The request fields were read all together, by listing or copying them. */
  fields(): void;
  /** One cookie was asked for by its name, of those that earlier middleware has taken apart. */
  cookie(name: string): void;
  /** What earlier middleware attached under one of `identity`, or would have, was read. */
  attached(name: string): void;
  /** The address of the client was read, as the connection or the framework has it. */
  address(): void;
}

/** What has been read so far. */
export class Inputs implements InputWatch {
  readonly identity: readonly string[];
  /** Request fields, in lower case. */
  readonly names = new Set<string>();
  readonly cookies = new Set<string>();
  /** What is no request field: the address, and what was attached. */
  readonly others = new Set<string>();
  /** Whether the request fields were read all together. */
  all = false;

  constructor(identity: readonly string[]) {
    this.identity = identity;
  }

  field(name: string): void {
    this.names.add(name);
  }

  fields(): void {
    this.all = true;
  }

  cookie(name: string): void {
    this.cookies.add(name);
  }

  attached(name: string): void {
    this.others.add(name);
  }

  address(): void {
    this.others.add("ip");
  }
}
