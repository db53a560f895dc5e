/** What `core/http` looks at in a request. An adapter makes one from its framework's own request. */
export interface RequestView {
  /** As received, such as `"GET"`. */
  readonly method: string;
  /** The request target as received: `"/slow?q=42"`, not decoded, not normalised. */
  readonly url: string;
  /**
   * By what the router has chosen the handler, where that is not the target as received: a rewritten target, or one that
   * was made of other parts of the request. It joins the key. `undefined`, as a rule: by the target.
   */
  readonly routed?: string | undefined;
  /** Of the connection the request came in on; what proxies claim does not count. */
  readonly scheme: "http" | "https";
  /** The `Host` field, or `:authority`, as received. */
  readonly host: string | undefined;
  /**
   * The value of a header field, or `undefined` if the request has none. `name` comes in lower case. Several lines of
   * one field are joined with `", "`, those of `cookie` with `"; "`.
   */
  header(name: string): string | undefined;
  /** The names of all header fields, in lower case. Asked for only where a handler has looked at all of them. */
  names(): Iterable<string>;
  /**
   * The content as the handler will have it: the bytes, or what a parser before the cache has made of them; `undefined`
   * if there is none, or if nobody has read it and the handler might. Asked for once at most, and only where a route
   * caches a method that has one. Must leave it to the handler to read. What it throws or rejects with is a bypass.
   */
  body?(): unknown | Promise<unknown>;
}
