/** Is told how the values of a record are read. */
export interface RecordReader {
  /** One value was asked for, whether there is one or not. */
  one(name: string): void;
  /** All names were listed, and what is read of them right afterwards belongs to that. */
  all(): void;
}

/**
 * A record that tells what is read of it. Everything else is as it was: values, order, prototype, and what is written
 * is written to the record itself.
 *
 * To copy a record (`{ ...headers }`) is to list its names and then to ask for each. What is asked for in the same turn
 * as the list was made counts as listed, the first time.
 */
export function watchedRecord<Fields extends object>(record: Fields, reader: RecordReader): Fields {
  const listed = new Set<PropertyKey>();
  const tell = (fields: Fields, name: PropertyKey) => {
    if (typeof name === "string" && !listed.has(name) && isInput(fields, name)) reader.one(name);
  };
  return new Proxy(record, {
    get(fields, name, receiver) {
      tell(fields, name);
      listed.delete(name);
      return Reflect.get(fields, name, receiver);
    },
    has(fields, name) {
      tell(fields, name);
      return Reflect.has(fields, name);
    },
    getOwnPropertyDescriptor(fields, name) {
      tell(fields, name);
      return Reflect.getOwnPropertyDescriptor(fields, name);
    },
    ownKeys(fields) {
      const keys = Reflect.ownKeys(fields);
      reader.all();
      if (listed.size === 0) Promise.resolve().then(() => listed.clear());
      for (const key of keys) listed.add(key);
      return keys;
    },
  });
}

/** Not what every object inherits. */
function isInput(fields: object, name: string): boolean {
  return Object.hasOwn(fields, name) || !(name in fields);
}
