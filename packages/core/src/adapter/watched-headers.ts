import type { InputWatch } from "../http/index.ts";

/** What lists fields, in one way or another. */
const listing: ReadonlySet<PropertyKey> = new Set(["entries", "forEach", "keys", "values", Symbol.iterator]);

/** The same header fields, telling what is read of them. They can be handed on like any others. */
export function watchedHeaders(headers: Headers, watch: InputWatch): Headers {
  return new Proxy(headers, new HeadersWatch(watch));
}

/** A class for the reason that `Visit` is one. */
class HeadersWatch implements ProxyHandler<Headers> {
  readonly #watch: InputWatch;

  constructor(watch: InputWatch) {
    this.#watch = watch;
  }

  get(fields: Headers, name: PropertyKey): unknown {
    const value: unknown = Reflect.get(fields, name, fields);
    if (typeof value !== "function") return value;
    if (listing.has(name)) {
      return (...values: unknown[]) => {
        this.#watch.fields();
        return value.apply(fields, values);
      };
    }
    if (name === "get" || name === "has") {
      return (field: unknown) => {
        this.#watch.field(String(field).toLowerCase());
        return value.call(fields, field);
      };
    }
    return value.bind(fields);
  }
}
