import type { Mark } from "@cachette/core";

/** One invalidation. */
export interface Change {
  readonly seq: number;
  readonly kind: "hard" | "soft";
  /** As they stand in keys. */
  readonly labels: readonly string[];
}

// At most 15 digits, as in the script: numbers that are exact there and here.
const clockForm = /^([0-9A-Za-z-]+):(\d{1,15})(?:\n|$)/;
const changeForm = /^(\d{1,15})([hs])(.*)$/s;

/** The mark in the text of a clock, as the script keeps it; `undefined` if it is no such text. */
export function parseClock(text: string): Mark | undefined {
  const match = clockForm.exec(text);
  return match === null ? undefined : { epoch: match[1] as string, seq: Number(match[2]) };
}

/** The last invalidations, the latest last, as they follow the mark in the text of a clock. Unreadable lines are left out. */
export function parseChanges(text: string): Change[] {
  return text
    .split("\n")
    .slice(1)
    .map(parseChange)
    .filter((change) => change !== undefined);
}

export function parseChange(line: string): Change | undefined {
  const match = changeForm.exec(line);
  if (match === null) return undefined;
  try {
    const labels: unknown = JSON.parse(match[3] as string);
    // Lua does not tell an empty list from an empty object.
    if (!Array.isArray(labels)) return { seq: Number(match[1]), kind: kindOf(match[2]), labels: [] };
    return { seq: Number(match[1]), kind: kindOf(match[2]), labels };
  } catch {
    return undefined;
  }
}

function kindOf(letter: string | undefined): Change["kind"] {
  return letter === "h" ? "hard" : "soft";
}
