/** An answer as a cache has given it, to be given again by the floor. */
export interface Recorded {
  readonly target: string;
  readonly etag: string;
  /** Names and values in turn, without what Node adds to every answer. */
  readonly fields: readonly string[];
  readonly body: string;
  /** Those of the 304. */
  readonly notModifiedFields: readonly string[];
}

/** The same, ready to be sent. */
export interface Prepared {
  readonly etag: string;
  readonly bytes: Buffer;
  readonly full: Fields;
  readonly notModified: Fields;
}

export interface Fields {
  readonly flat: string[];
  readonly record: Record<string, string>;
}

export function prepare(recorded: readonly Recorded[]): Map<string, Prepared> {
  return new Map(
    recorded.map(({ target, etag, fields, body, notModifiedFields }) => [
      target,
      { etag, bytes: Buffer.from(body), full: fieldsOf(fields), notModified: fieldsOf(notModifiedFields) },
    ]),
  );
}

function fieldsOf(flat: readonly string[]): Fields {
  const record: Record<string, string> = {};
  for (let index = 0; index < flat.length; index += 2) record[flat[index] ?? ""] = flat[index + 1] ?? "";
  return { flat: [...flat], record };
}
