import { type FieldRecord, fieldRecord, lowerCased } from "@cachette/core/adapter";
import type { HeaderFields } from "@cachette/core/http";
import type { Context } from "hono";

/** Fields as Hono takes them, names in lower case. */
export function recordOf(fields: HeaderFields & { [asRecord]?: FieldRecord }): FieldRecord {
  fields[asRecord] ??= fieldRecord(lowerCased(fields));
  return fields[asRecord];
}

/** The same, if no field has several lines. */
export function singleLines(fields: HeaderFields & { [single]?: boolean }): Record<string, string> | undefined {
  const record = recordOf(fields);
  fields[single] ??= Object.values(record).every((value) => typeof value === "string");
  return fields[single] ? (record as Record<string, string>) : undefined;
}

// Kept on the fields: many hits in a row may have the same.
const asRecord = Symbol("cachette.asRecord");
const single = Symbol("cachette.single");

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
