import type { HeaderFields } from "../http/index.ts";

/** Fields by their names: one value, or one for each line. It has no prototype. */
export type FieldRecord = Record<string, string | string[]>;

/** Lines of the same field brought together, under the name as it was first written. */
export function fieldRecord(fields: HeaderFields): FieldRecord {
  const record: FieldRecord = Object.create(null);
  const names = new Map<string, string>();
  for (const [name, value] of fields) {
    const lower = name.toLowerCase();
    const first = names.get(lower);
    if (first === undefined) {
      names.set(lower, name);
      record[name] = value;
    } else {
      record[first] = [record[first] ?? [], value].flat();
    }
  }
  return record;
}

/** The same fields, with their names in lower case. */
export function lowerCased(fields: HeaderFields): HeaderFields {
  return fields.map(([name, value]) => [name.toLowerCase(), value]);
}

/** Those fields of `now`, with all their lines, that are not in `before`, or have other lines there. */
export function changedFields(before: HeaderFields, now: HeaderFields): HeaderFields {
  const [old, young] = [textsOf(before), textsOf(now)];
  return now.filter(([name]) => old.get(name.toLowerCase()) !== young.get(name.toLowerCase()));
}

function textsOf(fields: HeaderFields): ReadonlyMap<string, string> {
  const texts = new Map<string, string>();
  for (const [name, value] of lowerCased(fields)) {
    const before = texts.get(name);
    texts.set(name, before === undefined ? value : `${before}\n${value}`);
  }
  return texts;
}
