/**
 * The text of a key for Redis, which keeps keys as UTF-8. Halves of surrogate pairs, for which UTF-8 has no bytes, are
 * written as U+FFFF and four digits, and U+FFFF itself likewise, so that no two keys become one.
 */
export function exactKey(key: string): string {
  if (!/[\ud800-\udfff\uffff]/.test(key)) return key;
  return key.replace(/[\ud800-\udbff][\udc00-\udfff]|[\ud800-\udfff\uffff]/g, (found) =>
    found.length === 2 ? found : `\uffff${found.charCodeAt(0).toString(16)}`,
  );
}

export interface ScopeKeys {
  readonly clock: string;
  /** What the key of a label begins with. */
  readonly label: string;
}

/**
 * The keys of a clock and its labels. The braces put all of one scope into one slot of a cluster, and keep them apart
 * from entries, whose keys never begin with a brace. What has a meaning in them is escaped in the scope.
 */
export function scopeKeys(scope: string): ScopeKeys {
  const escaped = exactKey(scope).replace(/[{}:%]/g, (found) => `%${found.charCodeAt(0).toString(16).toUpperCase()}`);
  // Empty braces would not count as a mark of the slot. No scope is escaped to a percent sign alone.
  const tag = `{${escaped === "" ? "%" : escaped}}`;
  return { clock: `${tag}:clock`, label: `${tag}:label:` };
}
