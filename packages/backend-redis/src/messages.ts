import type { Mark } from "@cachette/core";
import { type Change, parseChange, parseClock } from "./clock-record.ts";

/** What is told on the channel of a cache. */
export type Message =
  /** The key of an entry was changed. */
  | { readonly type: "key"; readonly key: string }
  /** Labels were invalidated. `change` led to `mark`. */
  | { readonly type: "labels"; readonly mark: Mark; readonly change: Change };

/** The message that an entry was changed; no epoch begins like it. */
export function changeOf(key: string): string {
  return `=${JSON.stringify(key)}`;
}

/** A message in its two forms: `="key"`, or the text of a clock with its last change alone. `undefined` for any other. */
export function parseMessage(text: string): Message | undefined {
  if (text.startsWith("=")) {
    try {
      const key: unknown = JSON.parse(text.slice(1));
      return typeof key === "string" ? { type: "key", key } : undefined;
    } catch {
      return undefined;
    }
  }
  const mark = parseClock(text);
  const change = parseChange(text.slice(text.indexOf("\n") + 1));
  return mark === undefined || change?.seq !== mark.seq ? undefined : { type: "labels", mark, change };
}
