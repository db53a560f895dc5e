import { changedFields, fieldRecord } from "@cachette/core/adapter";
import type { HeaderFields } from "@cachette/core/http";
import type { Response } from "express";

type Fields = Pick<Response, "appendHeader" | "getHeader" | "getHeaderNames" | "removeHeader" | "setHeader"> & {
  /** Of HTTP/1 only, and not in the types of Node. */
  getRawHeaderNames?(): string[];
};

/** Sets fields in place of those with the same name. */
export function setFields(response: Fields, fields: HeaderFields): void {
  const record = fieldRecord(fields);
  for (const name of Object.keys(record)) response.setHeader(name, record[name] ?? []);
}

/** Sets what `writeHead` takes: an object, names and values in turn, or a list of pairs. */
export function setGiven(response: Fields, given: unknown): void {
  if (typeof given !== "object" || given === null) return;
  if (!Array.isArray(given)) {
    for (const [name, value] of Object.entries(given)) response.setHeader(name, value);
    return;
  }
  const flat: unknown[] = given.every(Array.isArray) ? given.flat() : given;
  const names = flat.filter((_, index) => index % 2 === 0).map(String);
  for (const name of names) response.removeHeader(name);
  for (const [index, name] of names.entries()) response.appendHeader(name, flat[2 * index + 1] as string);
}

/** The fields of a response as they are now, one pair for each line; names as written, where that is known. */
export function fieldsOf(response: Fields): HeaderFields {
  const names = response.getRawHeaderNames?.() ?? response.getHeaderNames();
  return names.flatMap((name) => [response.getHeader(name) ?? []].flat().map((line) => [name, String(line)] as const));
}

/** Makes all fields what they were. */
export function restoreFields(response: Fields, before: HeaderFields): void {
  const now = fieldsOf(response);
  for (const [name] of changedFields(before, now)) response.removeHeader(name);
  setFields(response, changedFields(now, before));
}
