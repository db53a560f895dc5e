import type { HeaderFields } from "@cachette/core/http";
import type { FastifyReply } from "fastify";

/** Sets fields in place of those with the same name; several lines of one field stay several. */
export function setFields(reply: FastifyReply, fields: HeaderFields & { [byName]?: Grouped }): void {
  fields[byName] ??= grouped(fields);
  for (const [name, value] of fields[byName]) {
    // Fastify would add to cookies that are there already.
    if (name === "set-cookie") reply.removeHeader(name);
    reply.header(name, value);
  }
}

type Grouped = readonly (readonly [name: string, value: string | string[]])[];

/** Kept on the fields: many hits in a row may have the same. */
const byName = Symbol("cachette.byName");

function grouped(fields: HeaderFields): Grouped {
  const lines = new Map<string, string[]>();
  for (const [name, value] of fields) {
    const known = lines.get(name.toLowerCase());
    if (known === undefined) lines.set(name.toLowerCase(), [value]);
    else known.push(value);
  }
  return [...lines].map(([name, values]) => [name, values.length === 1 ? (values[0] as string) : values]);
}

/** The first value of a field. `name` in lower case. */
export function fieldValue(fields: HeaderFields, name: string): string | undefined {
  return fields.find(([field]) => field.toLowerCase() === name)?.[1];
}

/** The fields as set by now, one pair for each line. */
export function fieldsOf(reply: FastifyReply): HeaderFields {
  return linesOf(reply).flatMap(([name, lines]) => lines.map((line) => [name, line] as const));
}

/** The fields of a reply at one moment, to tell later what has been changed since. */
export class FieldSnapshot {
  readonly #reply: FastifyReply;
  readonly #before: ReadonlyMap<string, readonly string[]>;

  constructor(reply: FastifyReply) {
    this.#reply = reply;
    this.#before = new Map(linesOf(reply));
  }

  /** The fields that were set or changed since, one pair for each line. */
  changes(): HeaderFields {
    return linesOf(this.#reply).flatMap(([name, lines]) =>
      this.#holds(name, lines) ? [] : lines.map((line) => [name, line] as const),
    );
  }

  /** Undoes what was set, changed or removed since. */
  restore(): void {
    for (const [name, lines] of linesOf(this.#reply)) if (!this.#holds(name, lines)) this.#reply.removeHeader(name);
    setFields(
      this.#reply,
      [...this.#before].flatMap(([name, lines]) => lines.map((line) => [name, line] as const)),
    );
  }

  #holds(name: string, lines: readonly string[]): boolean {
    return this.#before.get(name)?.join("\n") === lines.join("\n");
  }
}

function linesOf(reply: FastifyReply): [name: string, lines: string[]][] {
  return Object.entries(reply.getHeaders()).map(([name, value]) => [name, [value ?? []].flat().map(String)]);
}
