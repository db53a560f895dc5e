import { changedFields, fieldRecord, lowerCased } from "@cachette/core/adapter";
import type { HeaderFields } from "@cachette/core/http";
import type { FastifyReply } from "fastify";

/** Sets fields in place of those with the same name; several lines of one field stay several. */
export function setFields(reply: FastifyReply, fields: HeaderFields & { [byName]?: Grouped }): void {
  fields[byName] ??= Object.entries(fieldRecord(lowerCased(fields)));
  for (const [name, value] of fields[byName]) {
    // Fastify would add to cookies that are there already.
    if (name === "set-cookie") reply.removeHeader(name);
    reply.header(name, value);
  }
}

type Grouped = readonly (readonly [name: string, value: string | string[]])[];

/** Kept on the fields: many hits in a row may have the same. */
const byName = Symbol("cachette.byName");

/** The first value of a field. `name` in lower case. */
export function fieldValue(fields: HeaderFields, name: string): string | undefined {
  return fields.find(([field]) => field.toLowerCase() === name)?.[1];
}

/** The fields as set by now, one pair for each line. */
export function fieldsOf(reply: FastifyReply): HeaderFields {
  return Object.entries(reply.getHeaders()).flatMap(([name, value]) =>
    [value ?? []].flat().map((line) => [name, String(line)] as const),
  );
}

/** Makes all fields what they were. */
export function restoreFields(reply: FastifyReply, before: HeaderFields): void {
  const now = fieldsOf(reply);
  for (const [name] of changedFields(before, now)) reply.removeHeader(name);
  setFields(reply, changedFields(now, before));
}
