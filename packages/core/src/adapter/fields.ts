import type { HeaderFields } from "../http/index.ts";
import { setOwn } from "./set-own.ts";

/** Fields by their names: one value, or one for each line. */
export type FieldRecord = Record<string, string | string[]>;

/** Lines of the same field brought together, under the name as it was first written. */
export function fieldRecord(fields: HeaderFields): FieldRecord {
  // With a prototype: engines are quicker with such objects.
  const record: FieldRecord = {};
  const names = new Map<string, string>();
  for (const [name, value] of fields) {
    const lower = name.toLowerCase();
    const first = names.get(lower) ?? name;
    const known = names.has(lower) ? [record[first] ?? [], value].flat() : value;
    names.set(lower, first);
    // An assignment would set the prototype.
    if (first === "__proto__") setOwn(record, first, known);
    else record[first] = known;
  }
  return record;
}

/** The same fields, with their names in lower case. */
export function lowerCased(fields: HeaderFields): HeaderFields {
  return fields.map(([name, value]) => [name.toLowerCase(), value]);
}

/** Whether fields name a type. Kept on them: many hits in a row may have the same. */
export function hasType(fields: HeaderFields & { [typed]?: boolean }): boolean {
  fields[typed] ??= fields.some(([name]) => name.toLowerCase() === "content-type");
  return fields[typed];
}

const typed = Symbol("cachette.typed");

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
