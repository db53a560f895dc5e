import type { HeaderFields } from "@cachette/core/http";
import type { Context } from "hono";

/** Fields as Hono takes them: one value, or one for each line. */
export function fieldRecord(fields: HeaderFields & { [asRecord]?: FieldRecord }): FieldRecord {
  fields[asRecord] ??= recordOf(fields);
  return fields[asRecord];
}

/** The same, if no field has several lines. */
export function singleLines(fields: HeaderFields & { [single]?: boolean }): Record<string, string> | undefined {
  const record = fieldRecord(fields);
  fields[single] ??= Object.values(record).every((value) => typeof value === "string");
  return fields[single] ? (record as Record<string, string>) : undefined;
}

type FieldRecord = Record<string, string | string[]>;

// Kept on the fields: many hits in a row may have the same.
const asRecord = Symbol("cachette.asRecord");
const single = Symbol("cachette.single");

function recordOf(fields: HeaderFields): FieldRecord {
  const record: FieldRecord = {};
  for (const [name, value] of fields) {
    const key = name.toLowerCase();
    const known = Object.hasOwn(record, key) ? [record[key] ?? [], value].flat() : value;
    // An assignment would set the prototype.
    if (key === "__proto__") Object.defineProperty(record, key, { value: known, enumerable: true, configurable: true });
    else record[key] = known;
  }
  return record;
}

/** Sets fields in place of those with the same name. */
export function setFields(headers: Headers, fields: HeaderFields): void {
  for (const [name] of fields) headers.delete(name);
  for (const [name, value] of fields) headers.append(name, value);
}

/** Sets those fields that the answer does not have. */
export function setMissing(c: Context, fields: HeaderFields): void {
  for (const [name, value] of fields) {
    if (!c.res.headers.has(name)) setField(c, name, value);
  }
}

function setField(c: Context, name: string, value: string): void {
  try {
    c.res.headers.set(name, value);
  } catch {
    // Those of an answer that came from `fetch` cannot be changed; Hono then makes a copy.
    c.header(name, value);
  }
}

/** The fields that an answer would have at one moment, to tell later what has been changed since. */
export class FieldSnapshot {
  readonly headers: Headers;

  constructor(c: Context) {
    // To ask for `c.res` would make one, and its fields would then win over those of the handler. A copy, as `c.header`
    // may change the very same.
    this.headers = new Headers(c.newResponse(null).headers);
  }

  /** The fields that are new in `headers`, or have other values: one pair for each line. */
  changes(headers: Headers): HeaderFields {
    const before = linesOf(this.headers);
    const after = linesOf(headers);
    return [...headers].filter(([name]) => before.get(name) !== after.get(name));
  }
}

/** Of all fields only `Set-Cookie` has several lines here. */
function linesOf(headers: Headers): Map<string, string> {
  const lines = new Map<string, string>();
  for (const [name, value] of headers) {
    const before = lines.get(name);
    lines.set(name, before === undefined ? value : `${before}\n${value}`);
  }
  return lines;
}
