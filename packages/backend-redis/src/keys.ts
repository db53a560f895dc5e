/**
 * The text of a key for Redis, which keeps keys as UTF-8. Halves of surrogate pairs, for which UTF-8 has no bytes, are
 * written as U+FFFF and four digits, and U+FFFF itself likewise, so that no two keys become one. So are closing braces
 * of keys in which nothing marks the slot, as `leaseKey` must mark it.
 */
export function exactKey(key: string): string {
  if (!/[\ud800-\udfff\uffff}]/.test(key)) return key;
  const forms = slotMark(key) === undefined ? /[\ud800-\udbff][\udc00-\udfff]|[\ud800-\udfff\uffff}]/g : halves;
  return key.replace(forms, (found) =>
    found.length === 2 ? found : `\uffff${found.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}

const halves = /[\ud800-\udbff][\udc00-\udfff]|[\ud800-\udfff\uffff]/g;

/** What a cluster takes for the mark of a key's slot: what is between the first brace and the next closing one. */
function slotMark(key: string): string | undefined {
  const open = key.indexOf("{");
  const close = open < 0 ? -1 : key.indexOf("}", open);
  return close > open + 1 ? key.slice(open + 1, close) : undefined;
}

/** The key of the lease of an entry, in the slot of its own key. `name` as `exactKey` gives it, `prefix` the client's. */
export function leaseKey(name: string, prefix: string): string {
  const full = prefix + name;
  const mark = slotMark(full);
  return mark === undefined ? `{${full}}:lease` : `{${mark}}:lease:${name}`;
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
  const escaped = exactKey(scope.replace(/[{}:%]/g, (found) => `%${found.charCodeAt(0).toString(16).toUpperCase()}`));
  // Empty braces would not count as a mark of the slot. No scope is escaped to a percent sign alone.
  const tag = `{${escaped === "" ? "%" : escaped}}`;
  return { clock: `${tag}:clock`, label: `${tag}:label:` };
}
