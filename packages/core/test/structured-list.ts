export type Item = string | number | boolean | { readonly token: string };

/** A member of a list of tokens or strings, with its parameters. */
export interface Member {
  readonly value: Item;
  readonly parameters: ReadonlyMap<string, Item>;
}

/** Parses a list of items (RFC 9651 4.2.1, without inner lists, decimals, dates and byte sequences), or throws. */
export function parseList(text: string): Member[] {
  let at = 0;
  const take = (pattern: RegExp): string | undefined => {
    const sticky = new RegExp(pattern.source, "y");
    sticky.lastIndex = at;
    const [found] = sticky.exec(text) ?? [];
    if (found !== undefined) at += found.length;
    return found;
  };
  const fail = (what: string): never => {
    throw new SyntaxError(`${what} expected at ${at} of ${text}`);
  };
  const item = (): Item => {
    const string = take(/"(?:[\x20-\x21\x23-\x5b\x5d-\x7e]|\\["\\])*"/);
    if (string !== undefined) return string.slice(1, -1).replace(/\\(.)/g, "$1");
    const integer = take(/-?\d{1,15}(?![\d.])/);
    if (integer !== undefined) return Number(integer);
    const boolean = take(/\?[01]/);
    if (boolean !== undefined) return boolean === "?1";
    return { token: take(/[A-Za-z*][!#$%&'*+\-.^_`|~\w:/]*/) ?? fail("an item") };
  };
  const members: Member[] = [];
  do {
    const value = item();
    const parameters = new Map<string, Item>();
    while (take(/;/) !== undefined) {
      take(/ */);
      const key = take(/[a-z*][a-z\d_.*-]*/) ?? fail("a key");
      parameters.set(key, take(/=/) === undefined ? true : item());
    }
    members.push({ value, parameters });
  } while (take(/[ \t]*,[ \t]*/) !== undefined);
  if (at < text.length) fail("the end");
  return members;
}
