import type { Entry, EntryFacts } from "../src/entry.ts";

/** What an entry says of itself, to make another one of it. */
export function factsOf(entry: Entry): EntryFacts {
  const { key, coder, storedAt, loadTime, freshUntil, staleUntil, errorUntil, expiresAt, mark, labels } = entry;
  return { key, coder, storedAt, loadTime, freshUntil, staleUntil, errorUntil, expiresAt, mark, labels };
}
