import type { HeaderFields } from "@cachette/core/http";
import type { Response } from "express";

type Fields = Pick<Response, "appendHeader" | "getHeader" | "getHeaderNames" | "removeHeader" | "setHeader"> & {
  /** Of HTTP/1 only, and not in the types of Node. */
  getRawHeaderNames?(): string[];
};

/** Fields as Node takes them: one value, or one for each line. */
export type FieldRecord = Record<string, string | string[]>;

/** Lines of the same field brought together, under the name as it was first written. */
export function fieldRecord(fields: HeaderFields): FieldRecord {
  const record: FieldRecord = Object.create(null);
  const names = new Map<string, string>();
  for (const [name, value] of fields) {
    const lower = name.toLowerCase();
    const known = names.get(lower);
    if (known === undefined) {
      names.set(lower, name);
      record[name] = value;
    } else {
      record[known] = [record[known] ?? [], value].flat();
    }
  }
  return record;
}

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

/** The fields of a response as they are now, one pair for each line. */
export function fieldsOf(response: Fields): HeaderFields {
  return namesOf(response).flatMap((name) => linesOf(response, name).map((line) => [name, line] as const));
}

/** The fields of a response at one moment, to tell later what has been changed since. */
export class FieldSnapshot {
  readonly #response: Fields;
  readonly #before = new Map<string, { readonly name: string; readonly lines: readonly string[] }>();

  constructor(response: Fields) {
    this.#response = response;
    for (const name of namesOf(response))
      this.#before.set(name.toLowerCase(), { name, lines: linesOf(response, name) });
  }

  /** The fields that were set or changed since, one pair for each line. */
  changes(): HeaderFields {
    return fieldsOf(this.#response).filter(([name]) => !this.#isSame(name));
  }

  /** Makes all fields what they were. */
  restore(): void {
    for (const name of namesOf(this.#response)) if (!this.#isSame(name)) this.#response.removeHeader(name);
    for (const { name, lines } of this.#before.values()) {
      if (this.#isSame(name)) continue;
      const [line = "", ...more] = lines;
      this.#response.setHeader(name, more.length === 0 ? line : lines);
    }
  }

  #isSame(name: string): boolean {
    return this.#before.get(name.toLowerCase())?.lines.join("\n") === linesOf(this.#response, name).join("\n");
  }
}

/** As written, where that is known. */
function namesOf(response: Fields): string[] {
  return response.getRawHeaderNames?.() ?? response.getHeaderNames();
}

/** None if the field is not there. */
function linesOf(response: Fields, name: string): string[] {
  const value = response.getHeader(name);
  if (value === undefined) return [];
  return Array.isArray(value) ? [...value] : [String(value)];
}
