import type { Mark, Reading, Stamp } from "@cachette/core";
import { parseClock } from "./clock-record.ts";

// At most 15 digits, as in the script: numbers that are exact there and here.
const labelForm = /^([0-9A-Za-z-]+):(\d{1,15}):(\d{1,15})$/;

/**
 * A reading from the texts of a clock and its labels, as they are kept; `undefined` when one is missing or of another
 * epoch, or is no such text at all.
 */
export function parseReading(texts: readonly unknown[]): Reading | undefined {
  const [clock] = texts;
  const mark = typeof clock === "string" ? parseClock(clock) : undefined;
  if (mark === undefined) return undefined;
  const stamps: Stamp[] = [];
  for (let index = 1; index < texts.length; index++) {
    const stamp = parseLabel(texts[index], mark);
    if (stamp === undefined) return undefined;
    stamps.push(stamp);
  }
  return { mark, stamps };
}

function parseLabel(text: unknown, mark: Mark): Stamp | undefined {
  const match = typeof text === "string" ? labelForm.exec(text) : null;
  if (match === null || match[1] !== mark.epoch) return undefined;
  const stamp: Stamp = { hard: Number(match[2]), soft: Number(match[3]) };
  // Stamped in the future: left over from a clock that was set back.
  return stamp.hard > mark.seq || stamp.soft > mark.seq ? undefined : stamp;
}
