/** The sizes of bodies, by the first segment of their paths. */
export const sizes = { small: 1_024, large: 65_536 } as const;

export type Size = keyof typeof sizes;

export interface Body {
  readonly key: string;
  readonly rows: readonly { readonly id: number; readonly name: string; readonly price: number }[];
  /** What is missing to the size. */
  readonly rest: string;
}

let made = 0;

/** How many bodies were made in this process: one that rises says that a handler ran. */
export function bodiesMade(): number {
  return made;
}

/** What a handler works out: as JSON exactly as many bytes as its size says. */
export function makeBody(size: Size, key: string): Body {
  made++;
  const bytes = sizes[size];
  const rows: Body["rows"][number][] = [];
  let length = `{"key":"${key}","rows":[],"rest":""}`.length;
  for (let id = 100; length < bytes - 100; id++) {
    const row = { id, name: `item ${id} of ${key}`, price: id / 4 };
    rows.push(row);
    length += `{"id":${row.id},"name":"${row.name}","price":${row.price}},`.length;
  }
  // No comma stands behind the last row.
  return { key, rows, rest: "".padEnd(bytes - length + 1, ".") };
}

export function bodyText(size: Size, key: string): string {
  return JSON.stringify(makeBody(size, key));
}

export function targetOf(size: Size, key: string): string {
  return `/${size}/${key}`;
}
