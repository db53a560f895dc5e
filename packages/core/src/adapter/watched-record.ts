/**
 * A record that tells what is read of it. Everything else is as it was: values, order, prototype, and what is written
 * is written to the record itself.
 *
 * To copy a record (`{ ...headers }`) is to list its names and then to ask for each. What is asked for in the same turn
 * as the list was made counts as listed, the first time.
 *
 * @param one is told of a value that was asked for by its name, whether there is one or not
 * @param all is told that all names were listed; what is read of them right afterwards belongs to that
 */
export function watchedRecord<Fields extends object>(
  record: Fields,
  one: (name: string) => void,
  all: () => void,
): Fields {
  return new Proxy<Fields>(record, new RecordWatch(one, all));
}

/** A class for the reason that `Visit` is one. */
class RecordWatch implements ProxyHandler<object> {
  readonly #one: (name: string) => void;
  readonly #all: () => void;
  /** Names that were listed in this turn, and not asked for since. */
  #listed: Set<PropertyKey> | undefined;

  constructor(one: (name: string) => void, all: () => void) {
    this.#one = one;
    this.#all = all;
  }

  get(fields: object, name: PropertyKey, receiver: unknown): unknown {
    this.#tell(fields, name);
    this.#listed?.delete(name);
    return Reflect.get(fields, name, receiver);
  }

  has(fields: object, name: PropertyKey): boolean {
    this.#tell(fields, name);
    return Reflect.has(fields, name);
  }

  getOwnPropertyDescriptor(fields: object, name: PropertyKey): PropertyDescriptor | undefined {
    this.#tell(fields, name);
    return Reflect.getOwnPropertyDescriptor(fields, name);
  }

  ownKeys(fields: object): (string | symbol)[] {
    const keys = Reflect.ownKeys(fields);
    this.#all();
    const listed = new Set(keys);
    this.#listed = listed;
    Promise.resolve().then(() => listed.clear());
    return keys;
  }

  #tell(fields: object, name: PropertyKey): void {
    if (typeof name === "string" && !this.#listed?.has(name) && isInput(fields, name)) this.#one(name);
  }
}

/** Not what every object inherits. */
function isInput(fields: object, name: string): boolean {
  return Object.hasOwn(fields, name) || !(name in fields);
}
